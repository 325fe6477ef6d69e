-- Take webhooks whose time has come; who takes one has it for a while, then it is due again.
-- ARGV: seconds it is taken for, most webhooks
-- Returns flat quadruples: job_id, webhook (JSON {url, secret}), attempts made with this one, until when it is taken.
local taken, time = {}, now()
local till = stamp(time + tonumber(ARGV[1]))
for _, job_id in ipairs(redis.call('ZRANGEBYSCORE', 'webhooks', '-inf', stamp(time), 'LIMIT', 0, tonumber(ARGV[2]))) do
  local webhook = redis.call('HGET', 'batch:' .. job_id, 'webhook')
  if webhook then
    redis.call('ZADD', 'webhooks', till, job_id)
    taken[#taken + 1] = job_id
    taken[#taken + 1] = webhook
    taken[#taken + 1] = redis.call('HINCRBY', 'batch:' .. job_id, 'webhook_attempts', 1)
    taken[#taken + 1] = till
  else
    redis.call('ZREM', 'webhooks', job_id)
  end
end
return taken
