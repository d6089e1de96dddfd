-- Stands before the verbs that commit. Add entries to a task's timeline: ARGV has them, from `first` to
-- `last`. The number of an entry is that of those before it, so that a reader knows how many are gone.
-- They are kept for 30 days, unless cleanup deletes them with the record before: the record may live on
-- by commits that have none. No commit fails by them.
local function remembered(key, first, last, ttl)
  if not redis.acl_check_cmd('XADD', key, 'MAXLEN', '200', '1-*', 'e', '') then
    return
  end
  for i = first, last do
    redis.pcall('XADD', key, 'MAXLEN', '200', '1-*', 'e', ARGV[i])
  end
  redis.pcall('PEXPIRE', key, math.max(tonumber(ttl), 2592000000))
end

