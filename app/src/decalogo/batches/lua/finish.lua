-- End an attempt with an answer, if the attempt is still the current one (fencing). Safe to repeat.
-- ARGV: document_id, attempt, state (succeeded, partial or failed), result_key, pages_key, problem (JSON or empty)
-- Returns 1 when this attempt's answer stands, 0 when it came too late.
local id, attempt, to, result_key = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local document = 'document:' .. id
local current = redis.call('HMGET', document, 'state', 'attempts', 'result_key')
if current[2] ~= attempt then return 0 end
if current[1] == to and current[3] == result_key then return 1 end
if current[1] ~= 'running' then return 0 end

redis.call('HSET', document, 'result_key', result_key, 'pages_key', ARGV[5], 'problem', ARGV[6])
move(id, 'running', to, now())
return 1
