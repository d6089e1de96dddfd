--[[
Store a run before the last ones of its type, for 100 days after the last one.

KEYS
  runs      string: the last successful runs of the task's type, one a line
ARGV
  run       the run
]]
-- These bytes have nine lines or more, and a reader takes the first ten whole ones.
call('SET', runs, run .. '\n' .. (tolerant('GETRANGE', runs, 0, 1199) or ''), 'PX', 8640000000)
