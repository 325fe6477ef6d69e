--[[
Recover documents whose lease expired: their worker is dead, frozen or cut off from Redis.

A lease that ends impossibly late was written before the server's clock was set back. It is shortened to one lease from
now, which gives its owner time to renew it.

ARGV    1 max_attempts
        2 maximum number of documents per call
        3 lease (seconds)
        4 how the owners begin whose leases stay, or an empty string
Returns flat list of pairs: document id, new state
--]]
local time, recovered, lease, spared = now(), {}, tonumber(ARGV[3]), ARGV[4]
local function is_spared(id)
  return spared ~= '' and string.sub(redis.call('HGET', 'document:' .. id, 'owner') or '', 1, #spared) == spared
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'running', stamp(time + 2 * lease), '+inf')) do
  redis.call('ZADD', 'running', stamp(time + lease), id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'running', '-inf', stamp(time), 'LIMIT', 0, tonumber(ARGV[2]))) do
  -- A part that becomes a dead letter removes its siblings, which may be in this list too.
  if redis.call('ZSCORE', 'running', id) and not is_spared(id) then
    recovered[#recovered + 1] = id
    recovered[#recovered + 1] = lose(id, 'its lease expired', tonumber(ARGV[1]), time)
  end
end
return recovered
