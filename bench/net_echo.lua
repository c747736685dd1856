wrk.method = "POST"
wrk.path = "/bot1:token/sendMessage"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"chat_id":42,"text":"hello there, how are you today","reply_parameters":{"message_id":17},"disable_notification":true}'
