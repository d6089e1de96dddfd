--[[
Store how long each workflow of a completed member took, before the last ones of its name (without a
count "×8"), if all of its members have completed and no publish may add others. An earlier line of the same workflow is
removed; of more than 1,000 names the one that was stored longest ago.

KEYS
  names     sorted set: the names of stored workflows by the time (ms) of the last one
  …         for each workflow its hash, and the sorted sets of all members, of the completed ones, and
            of its publishers
ARGV
  past      start of the key of a name's last successful workflows, before the name
  …         the workflows' ids
NEEDS
  'ZCARD', names
  'ZCOUNT', names, 0, 0
  'ZRANGE', names, 0, 0
  'UNLINK', names
]]
local now_ms = math.floor(now_us() / 1000)
for i = 1, last - args do
  local key = keys + 4 * i
  local workflow, count = KEYS[key - 3], tolerant('ZCARD', KEYS[key - 2])
  local name = count and count == tolerant('ZCARD', KEYS[key - 1]) and tolerant('HGET', workflow, 'name')
  local since = name and tonumber(tolerant('HGET', workflow, 'started'))
  local ended = since and tonumber(tolerant('HGET', workflow, 'ended'))
  if ended and (tolerant('ZCOUNT', KEYS[key], '(' .. now_ms, '+inf') or 0) == 0 then
    name = name:gsub(' ×%d+', '')
    local tag = '"' .. redis.sha1hex(ARGV[args + i]):sub(1, 12) .. '"'
    local lines = {string.format('[%.0f,%.3f,%d%s,%s]', ended, (ended - since) / 1000, count, (',null'):rep(6), tag)}
    for line in (tolerant('GETRANGE', past .. name, 0, 1199) or ''):gmatch('[^\n]+') do
      if not line:find(tag, 1, true) then
        lines[#lines + 1] = line
      end
    end
    call('SET', past .. name, table.concat(lines, '\n') .. '\n', 'PX', 8640000000)
    tolerant('ZADD', names, now_ms, name)
    if (tolerant('ZCARD', names) or 0) > 1000 then
      local oldest = call('ZRANGE', names, 0, 0)[1]
      call('ZREM', names, oldest)
      call('UNLINK', past .. oldest)
    end
  end
end
