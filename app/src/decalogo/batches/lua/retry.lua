--[[
Queue documents again that ended without a full result, or also those with one: all of them or none. Their lost attempts
no longer count. A result is kept until another one replaces it.

ARGV    1 tenant whose limits apply; empty: no limit applies (operator)
        2-4 max_depth, max_memory_share, max_tenant (check_admission.lua)
        5 1: also documents that succeeded, for example after a change of the rubric; 0: not those
        6... document ids; others are skipped
Returns {'queued', ids...} or {'rejected', limit, value, maximum, seconds to wait}
--]]
local RETRYABLE = {failed = true, dead = true, cancelled = true, partial = true}
if ARGV[5] == '1' then RETRYABLE.succeeded = true end
local time, tenant, states, answer, seen = now(), ARGV[1], {}, {'queued'}, {}
for i = 6, #ARGV do
  local state = redis.call('HGET', 'document:' .. ARGV[i], 'state')
  if RETRYABLE[state] and not seen[ARGV[i]] then
    seen[ARGV[i]] = true
    states[#states + 1] = state
    answer[#answer + 1] = ARGV[i]
  end
end
if tenant ~= '' and #states > 0 then
  local rejected = reject(tenant, #states, ARGV[2], ARGV[3], ARGV[4])
  if rejected then return {'rejected', unpack(rejected)} end
end
for n, state in ipairs(states) do
  local id = answer[n + 1]
  redis.call('HSET', 'document:' .. id, 'lost', 0, 'slow', 0, 'problem', '', 'losses', '')
  redis.call('HDEL', 'document:' .. id, 'split', 'splits', 'parts', 'parts_left', 'suspect')
  requeue(id, state, time, 'retried')
end
return answer
