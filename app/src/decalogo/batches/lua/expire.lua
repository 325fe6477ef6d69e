-- Take back documents whose lease has ended: their worker is dead, frozen or cut off.
-- A lease that ends impossibly late was written before the server's clock jumped back: its owner gets one lease to renew.
-- ARGV: max_attempts, most documents to take in one call, lease (seconds)
-- Returns pairs document_id, new state.
local time, taken, lease = now(), {}, tonumber(ARGV[3])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'running', stamp(time + 2 * lease), '+inf')) do
  redis.call('ZADD', 'running', stamp(time + lease), id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'running', '-inf', stamp(time), 'LIMIT', 0, tonumber(ARGV[2]))) do
  -- A part given up takes its siblings along, which may stand on the list too.
  if redis.call('ZSCORE', 'running', id) then
    taken[#taken + 1] = id
    taken[#taken + 1] = lose(id, 'its worker went silent', tonumber(ARGV[1]), time)
  end
end
return taken
