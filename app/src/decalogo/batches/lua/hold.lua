-- Take or renew the hold on an idempotency key while an upload with it is under way.
-- ARGV: record, owner, milliseconds
-- Returns 1 when it is this owner's now, 0 when another has it.
local held = ARGV[1] .. ':held'
local owner = redis.call('GET', held)
if owner and owner ~= ARGV[2] then return 0 end
redis.call('SET', held, ARGV[2], 'PX', ARGV[3])
return 1
