-- PUT .../send with a fresh transaction id each, over the rooms given as arguments.
local rooms = {}
local count = 0
function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[1]
  wrk.headers["Content-Type"] = "application/json"
  for i = 2, #args do rooms[#rooms + 1] = args[i] end
  -- Two runs against one server must not repeat each other's transactions.
  prefix = tostring(os.time()) .. "-"
end
function request()
  count = count + 1
  return wrk.format("PUT", "/_matrix/client/v3/rooms/" .. rooms[count % #rooms + 1] ..
    "/send/m.room.message/" .. prefix .. count, nil,
    '{"msgtype":"m.text","body":"hello there, how are you today"}')
end
