--[[
Release a lock, if it still belongs to this owner.

ARGV    1 name; the lock is the key <name>:lock
        2 owner
Returns 0
--]]
local lock = ARGV[1] .. ':lock'
if redis.call('GET', lock) == ARGV[2] then redis.call('DEL', lock) end
return 0
