--[[
Replace the metadata of a batch or document, if it still exists.

ARGV    1 key of its hash
        2 metadata (JSON)
Returns nothing
--]]
if redis.call('EXISTS', ARGV[1]) == 1 then redis.call('HSET', ARGV[1], 'metadata', ARGV[2]) end
