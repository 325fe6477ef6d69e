-- Queue documents again that ended without a full result, all or none; their lost attempts and their parts are forgiven.
-- ARGV: tenant (empty: there need be no room for them), max_depth, max_memory_share, max_tenant (documents; 0 is no limit),
--       then document ids
-- Returns {'revived', the ids that were queued...}; ids that succeeded, are running or are unknown are left alone. Or
-- {'refused', limit name, value, limit, retry after (seconds)} when there is no room for those that would be queued.
local AGAIN = {failed = true, dead = true, cancelled = true, partial = true}
local time, tenant, states, answer, seen = now(), ARGV[1], {}, {'revived'}, {}
for i = 5, #ARGV do
  local state = redis.call('HGET', 'document:' .. ARGV[i], 'state')
  if AGAIN[state] and not seen[ARGV[i]] then
    seen[ARGV[i]] = true
    states[#states + 1] = state
    answer[#answer + 1] = ARGV[i]
  end
end
if tenant ~= '' and #states > 0 then
  local refused = refusal(tenant, #states, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), time)
  if refused then
    count('refused:' .. refused[1])
    return {'refused', unpack(refused)}
  end
end
for n, state in ipairs(states) do
  local id = answer[n + 1]
  redis.call('HSET', 'document:' .. id, 'lost', 0, 'extended', 0, 'problem', '', 'losses', '')
  redis.call('HDEL', 'document:' .. id, 'split', 'splits', 'parts', 'parts_left', 'suspect')
  requeue(id, state, time, 'retried')
end
return answer
