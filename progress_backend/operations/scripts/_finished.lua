-- Keep how long a workflow took, before those of its name that were kept, as `ran` does, if all of its
-- members stand in `done` and no publish may add others. What was kept of the same workflow goes, and
-- of a thousand other names the one that was kept longest ago.
local function finished(workflow, members, done, publishers, names, past, id, now_ms)
  local count = tolerant('ZCARD', members)
  if not count or count ~= tolerant('ZCARD', done) then
    return
  end
  local name, since = tolerant('HGET', workflow, 'name'), tolerant('HGET', workflow, 'started')
  since = tonumber(since)
  local ended = tonumber(tolerant('HGET', workflow, 'ended'))
  if not (name and since and ended) or (tolerant('ZCOUNT', publishers, '(' .. now_ms, '+inf') or 0) > 0 then
    return
  end
  local tag = '"' .. redis.sha1hex(id):sub(1, 12) .. '"'
  local lines = {string.format('[%.0f,%.3f,%d%s,%s]', ended, (ended - since) / 1000, count, (',null'):rep(6), tag)}
  for line in (tolerant('GETRANGE', past .. name, 0, 1199) or ''):gmatch('[^\n]+') do
    if not line:find(tag, 1, true) then
      lines[#lines + 1] = line
    end
  end
  redis.call('SET', past .. name, table.concat(lines, '\n') .. '\n', 'PX', 8640000000)
  tolerant('ZADD', names, now_ms, name)
  if (tolerant('ZCARD', names) or 0) > 1000 then
    local oldest = redis.call('ZRANGE', names, 0, 0)[1]
    redis.call('ZREM', names, oldest)
    redis.call('UNLINK', past .. oldest)
  end
end

