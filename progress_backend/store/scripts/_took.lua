-- Count times in histograms: ARGV has of each, from `first` to `last`, the kind, the bucket, the task
-- type and the time in µs. A type beyond `most` of its kind counts as "" with all such types.
local function took(times, first, last, most)
  for i = first, last, 4 do
    local kind, type_, us = ARGV[i], ARGV[i + 2], ARGV[i + 3]
    local sum = kind .. '|sum|' .. type_
    if redis.pcall('HINCRBY', times, sum, us) == tonumber(us) then  -- the first of its type
      if (tolerant('HINCRBY', times, kind .. '|types', 1) or 0) > tonumber(most) then
        redis.pcall('HINCRBY', times, kind .. '|types', -1)
        redis.pcall('HDEL', times, sum)
        type_ = ''
        redis.pcall('HINCRBY', times, kind .. '|sum|', us)
      end
    end
    redis.pcall('HINCRBY', times, kind .. '|' .. ARGV[i + 1] .. '|' .. type_, 1)
  end
end

