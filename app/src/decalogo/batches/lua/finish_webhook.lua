--[[
Record how a delivery attempt of a webhook ended. Nothing happens when the batch was deleted or retried meanwhile.

ARGV    1 job_id
        2 time until which the webhook was claimed
        3 seconds until the next attempt; empty: there is none
        4 webhook_state to record
Returns 1 when it was recorded, else 0
--]]
local job_id = ARGV[1]
-- Compared as numbers: Redis writes a score without trailing zeros.
if tonumber(redis.call('ZSCORE', 'webhooks', job_id) or 0) ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', 'batch:' .. job_id, 'webhook_state', ARGV[4])
if ARGV[3] == '' then
  redis.call('ZREM', 'webhooks', job_id)
else
  redis.call('ZADD', 'webhooks', stamp(now() + tonumber(ARGV[3])), job_id)
end
return 1
