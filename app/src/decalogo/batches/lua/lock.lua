--[[
Acquire or renew a lock that expires by itself. Used for idempotency keys while their upload runs, and for beat.

ARGV    1 name; the lock is the key <name>:lock
        2 owner
        3 duration (milliseconds)
Returns 1 when the owner has the lock now, 0 when another owner has it
--]]
local lock = ARGV[1] .. ':lock'
local owner = redis.call('GET', lock)
if owner and owner ~= ARGV[2] then return 0 end
redis.call('SET', lock, ARGV[2], 'PX', ARGV[3])
return 1
