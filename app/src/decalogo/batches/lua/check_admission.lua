--[[
Check whether one more document of a tenant would be admitted. The API calls this before it reads an upload's body.

ARGV    1 tenant
        2 max_depth: maximum number of queued documents
        3 max_memory_share: maximum share of Redis' memory, 0 to 1
        4 max_tenant: maximum number of unfinished documents of the tenant; 0 disables
        5, 6 maximum number and bytes of all stored documents of the tenant; 0 disables
Returns {} or {limit, value, maximum, seconds to wait}
--]]
return reject_stored(ARGV[1], {{size = 1}}, ARGV[5], ARGV[6])
  or reject(ARGV[1], 1, ARGV[2], ARGV[3], ARGV[4]) or {}
