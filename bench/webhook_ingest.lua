-- One new update per request: a line of one of 1,000 people in one of 100 groups.
local id = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
  id = id + 1
  local person, chat = 5000 + id % 1000, -1001000 - id % 100
  return wrk.format(nil, nil, nil, string.format(
    '{"update_id":%d,"message":{"message_id":%d,"date":%d,"text":"line %d of a quiet evening",' ..
    '"from":{"id":%d,"is_bot":false,"first_name":"P%d"},' ..
    '"chat":{"id":%d,"type":"supergroup","title":"Room %d"}}}',
    id, id, os.time(), id, person, person, chat, -chat))
end
