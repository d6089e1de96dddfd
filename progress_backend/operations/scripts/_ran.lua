-- Keep a run before those of its type that were kept, the newest first, one a line; for 100 days
-- after the last of them. These bytes have nine or more, and a reader takes the first ten whole lines.
local function ran(key, run)
  local before = tolerant('GETRANGE', key, 0, 1199) or ''
  redis.call('SET', key, run .. '\n' .. before, 'PX', 8640000000)
end

