-- Sends requests drawn at random from a file: a path, a tab and a body on each line. A body with @n@ gets the next number
-- there, so that no two requests are the same event.
local headers, requests, count, n = {}, {}, 0, 0

function init(args)
  headers = { ["Authorization"] = args[2], ["Content-Type"] = "application/json" }
  n = tonumber(args[3])
  math.randomseed(tonumber(args[4]))
  for line in io.lines(args[1]) do
    local path, body = line:match("^(%S+)\t(.*)$")
    count = count + 1
    if body:find("@n@", 1, true) then
      requests[count] = { path, body }
    else
      requests[count] = wrk.format("POST", path, headers, body)
    end
  end
end

function request()
  local drawn = requests[math.random(count)]
  if type(drawn) == "string" then return drawn end
  n = n + 1
  return wrk.format("POST", drawn[1], headers, (drawn[2]:gsub("@n@", tostring(n))))
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,"failed":%d,"broken":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
