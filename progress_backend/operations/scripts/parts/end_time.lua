--[[
Enter a task among those that ended as it did.

KEYS
  ended     sorted set: ids of tasks by the time (ms) at which each ended
ARGV
  over      ms since 1970 at which the task has ended
]]
tolerant('ZADD', ended, over, id)
