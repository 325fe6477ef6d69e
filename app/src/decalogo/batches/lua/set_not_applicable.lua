--[[
Replace the points that do not apply to a document, and queue it again if it was or is evaluated with the old ones.

A document with a result keeps it until the new one replaces it. The attempt that evaluates a running document is fenced:
its result will not count. A document that is being read in parts is evaluated after the last part, so it goes on.

ARGV    1 tenant whose limits apply
        2-4 max_depth, max_memory_share, max_tenant (check_admission.lua)
        5 document id
        6 points (JSON), or empty: those of the batch apply
Returns {'queued'}, {'stored'}, or {'rejected', limit, value, maximum, seconds to wait}
--]]
local id, document, time = ARGV[5], 'document:' .. ARGV[5], now()
local current = redis.call('HMGET', document, 'state', 'result_key', 'parts_left', 'not_applicable')
local state = current[1]
if not state or (current[4] or '') == ARGV[6] then return {'stored'} end
local evaluated = not unfinished(state) and current[2] ~= ''
if evaluated then
  local rejected = reject(ARGV[1], 1, ARGV[2], ARGV[3], ARGV[4])
  if rejected then return {'rejected', unpack(rejected)} end
end
if ARGV[6] == '' then
  redis.call('HDEL', document, 'not_applicable')
else
  redis.call('HSET', document, 'not_applicable', ARGV[6])
end
if not evaluated and (state ~= 'running' or tonumber(current[3] or 0) > 0) then return {'stored'} end
if evaluated then
  redis.call('HSET', document, 'lost', 0, 'slow', 0, 'problem', '', 'losses', '')
  redis.call('HDEL', document, 'split', 'splits', 'parts', 'parts_left', 'suspect')
end
requeue(id, state, time, 'retried')
return {'queued'}
