wrk.method = "POST"
wrk.path = "/bot1001:benchmark-secret-of-35-characters-0/sendMessage"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"chat_id":"@default","text":"hello there, how are you today","disable_notification":true}'
