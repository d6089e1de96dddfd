-- Stands before the verbs that commit. Add entries to a task's timeline: ARGV has from `first` to `last`
-- what the entries that are kept may take, and each besides its text, in bytes; then the entries. An
-- entry's id has what those before it take, by which the oldest ones go, and how many they are, by
-- which a reader knows how many are gone. They are kept for 30 days, unless cleanup deletes them with
-- the record before: the record may live on by commits that have none. No commit fails by them.
local function remembered(key, first, last, ttl)
  local may = redis.acl_check_cmd('XADD', key, 'MINID', '1', '1-1', 'e', '')
  if not (may and redis.acl_check_cmd('XREVRANGE', key, '+', '-', 'COUNT', 1)) then
    return
  end
  local most, around = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local newest, takes, number = redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1)[1], 1, 0
  if newest then
    takes, number = newest[1]:match('^(%d+)-(%d+)$')
    takes, number = takes + #newest[2][2] + around, number + 1
  end
  for i = first + 2, last do
    local all = takes + #ARGV[i] + around
    redis.pcall('XADD', key, 'MINID', math.max(all - most, 0), takes .. '-' .. number, 'e', ARGV[i])
    takes, number = all, number + 1
  end
  redis.pcall('PEXPIRE', key, math.max(tonumber(ttl), 2592000000))
end
