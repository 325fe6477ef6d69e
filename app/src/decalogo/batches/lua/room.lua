-- Is there room for one more document of this tenant? Asked before an upload's body is read.
-- ARGV: tenant, max_depth, max_memory_share, max_tenant (documents; 0 is no limit)
-- Returns an empty list, or {limit name, value, limit, retry after (seconds)}.
local refused = refusal(ARGV[1], 1, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), now())
if refused then count('refused:' .. refused[1]) end
return refused or {}
