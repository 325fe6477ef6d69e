-- Queue documents again that ended without a full result; their lost attempts are forgiven.
-- ARGV: document ids
-- Returns the ids that were queued; ids that succeeded, are running or are unknown are left alone.
local time, revived = now(), {}
for _, id in ipairs(ARGV) do
  local document = 'document:' .. id
  local state = redis.call('HGET', document, 'state')
  if state == 'failed' or state == 'dead' or state == 'cancelled' or state == 'partial' then
    redis.call('HSET', document, 'lost', 0, 'extended', 0, 'problem', '', 'losses', '')
    redis.call('HDEL', document, 'split', 'splits')
    requeue(id, state, time, 'retried')
    revived[#revived + 1] = id
  end
end
return revived
