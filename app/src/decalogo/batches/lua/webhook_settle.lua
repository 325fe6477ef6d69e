-- Say how an attempt at a webhook ended; nothing happens when the batch has finished anew (or was deleted) meanwhile.
-- ARGV: job_id, until when it was taken, seconds until the next attempt (empty: none, it is done), what is to be said of it
-- Returns 1 when it counted.
local job_id = ARGV[1]
-- As numbers: Redis writes a score without the zeros at its end.
if tonumber(redis.call('ZSCORE', 'webhooks', job_id) or 0) ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', 'batch:' .. job_id, 'webhook_state', ARGV[4])
if ARGV[3] == '' then
  redis.call('ZREM', 'webhooks', job_id)
else
  redis.call('ZADD', 'webhooks', stamp(now() + tonumber(ARGV[3])), job_id)
end
return 1
