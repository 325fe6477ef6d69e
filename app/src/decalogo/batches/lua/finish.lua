--[[
End an attempt with a result, if the attempt is still the current one (fencing). Safe to repeat.

The first partial result is kept, and the document is queued once more for the queue `slow`. If that attempt brings no
result at all, the partial one stands.

ARGV    1 document id
        2 attempt (fencing token)
        3 state: succeeded, partial or failed
        4 result_key: unique per attempt, or empty
        5 pages_key, or empty
        6 problem (JSON or empty)
Returns 1 when the result of this attempt stands, 0 when it came too late
--]]
local id, attempt, to, result_key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local document = 'document:' .. id
local current = redis.call('HMGET', document, 'state', 'attempts', 'result_key', 'slow')
-- The reply to an earlier call may have been lost. The result key, or attempt and state, show that it was executed.
if result_key ~= '' and current[3] == result_key then return 1 end
if current[2] == attempt and current[1] == to and result_key == '' then return 1 end
if current[2] ~= attempt or current[1] ~= 'running' then
  count('fenced')
  return 0
end

local time = now()
if to == 'failed' and current[3] ~= '' then
  move(id, 'running', 'partial', time)
  return 1
end
redis.call('HSET', document, 'result_key', result_key, 'pages_key', ARGV[5], 'problem', ARGV[6])
if to == 'partial' and current[4] ~= '1' then
  redis.call('HSET', document, 'slow', 1)
  requeue(id, 'running', time, 'partial')
else
  move(id, 'running', to, time)
end
return 1
