-- End an attempt with an answer, if the attempt is still the current one (fencing). Safe to repeat.
-- A partial answer is kept and the document queued once more, for the slow lane; if that brings nothing better, it stands.
-- ARGV: document_id, attempt, state (succeeded, partial or failed), result_key, pages_key, problem (JSON or empty)
-- Returns 1 when this attempt's answer stands, 0 when it came too late.
local id, attempt, to, result_key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local document = 'document:' .. id
local current = redis.call('HMGET', document, 'state', 'attempts', 'result_key', 'extended')
-- A result key names its attempt: if it is there, an earlier call got through and only its reply was lost.
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
  redis.call('HSET', document, 'extended', 1)
  requeue(id, 'running', time, 'partial')
else
  move(id, 'running', to, time)
end
return 1
