-- End the hold on an idempotency key, if it is still this owner's.
-- ARGV: record, owner
local held = ARGV[1] .. ':held'
if redis.call('GET', held) == ARGV[2] then redis.call('DEL', held) end
return 0
