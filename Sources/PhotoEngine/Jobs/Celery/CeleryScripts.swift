/// What must happen in Redis all at once or not at all.
enum CeleryScripts {
    /// Pops up to ARGV[1] messages and records each as unacknowledged under a tag of our own, ARGV[2] and a number: a stale
    /// acknowledgement can't then end a later delivery, as it can where the message's own tag is used again. The raw text is
    /// spliced, never encoded anew. A text that would break a Celery worker goes to the dead letters.
    ///
    /// Each is recorded before it is popped: a user who may pop and not record loses nothing. And first something is deleted
    /// that is not there: a script that has written may go on writing in a server that is full, which nobody could empty
    /// otherwise.
    ///
    /// A message that was restored before comes alone, with the count of workers that ended with it, else -1: the next may be
    /// what ended them, and must not make its neighbours suspects.
    /// KEYS: unacked, unacked_index, dead, dead's reasons, paused queues, then the lists in order; ARGV[3…]: their queues.
    /// Returns the paused queues, then each message. A set of pauses that may not be read, or is none, pauses nothing.
    static let pop = RedisScript(
        """
        local wanted = tonumber(ARGV[1])
        local names = redis.pcall('SMEMBERS', KEYS[5])
        if names.err then names = {} end
        local paused = {}
        for _, name in ipairs(names) do paused[name] = true end
        local popped = {names}
        local time = redis.call('TIME')
        local now = time[1] .. '.' .. string.format('%06d', time[2])
        local serial = 0
        for i = 6, #KEYS do
            while #popped <= wanted and not paused[ARGV[i - 3]] do
                local text = redis.pcall('LINDEX', KEYS[i], -1)
                if type(text) == 'table' and text.err and not string.find(text.err, 'WRONGTYPE') and #popped == 1 then
                    return redis.call('LINDEX', KEYS[i], -1)
                end
                if type(text) ~= 'string' then break end
                if serial == 0 then redis.call('HDEL', KEYS[1], ARGV[2]) end
                local isJSON, message = pcall(cjson.decode, text)
                local reason = nil
                if not isJSON or type(message) ~= 'table' then
                    reason = 'the message is not JSON'
                elseif type(message.headers) ~= 'table' then
                    reason = 'the message has no headers'
                elseif type(message.properties) ~= 'table' or type(message.properties.delivery_info) ~= 'table' then
                    reason = 'the message has no delivery information'
                end
                local deaths = -1
                if not reason then
                    local info = message.properties.delivery_info
                    if info.redelivered == true or info.phototui_worker_deaths then
                        if #popped > 1 then return popped end
                        deaths = info.phototui_worker_deaths
                        if type(deaths) ~= 'number' or not (deaths >= 0 and deaths < 1000000) then deaths = 0 end
                    end
                end
                serial = serial + 1
                local tag = ARGV[2] .. serial
                if reason then
                    redis.call('HSET', KEYS[3], tag, text)
                    redis.call('HSET', KEYS[4], tag, cjson.encode({
                        queue = ARGV[i - 3], reason = reason, kind = 'poison', at = now}))
                else
                    redis.call('ZADD', KEYS[2], now, tag)
                    redis.call('HSET', KEYS[1], tag, '[' .. text .. ', "", ' .. cjson.encode(ARGV[i - 3]) .. ']')
                    table.insert(popped, {ARGV[i - 3], text, tag, deaths})
                end
                redis.call('RPOP', KEYS[i])
                if deaths >= 0 then return popped end
            end
        end
        return popped
        """)

    /// Ends deliveries. KEYS: unacked, unacked_index; ARGV: tags. Returns how many there were.
    static let acknowledge = RedisScript(
        """
        redis.call('ZREM', KEYS[2], unpack(ARGV))
        return redis.call('HDEL', KEYS[1], unpack(ARGV))
        """)

    /// Writes the message of a delivery anew. KEYS: unacked, unacked_index; ARGV: tag, message, queue.
    static let note = RedisScript(
        """
        redis.call('HDEL', KEYS[1], '')
        if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], '[' .. ARGV[2] .. ', "", ' .. cjson.encode(ARGV[3]) .. ']')
        return 1
        """)

    /// Hides deliveries until ARGV[1] seconds from now under the visibility ARGV[2]. KEYS: unacked_index; ARGV[3…]: tags.
    /// Returns the tags that are no longer ours.
    static let extend = RedisScript(
        """
        local time = redis.call('TIME')
        local score = time[1] + time[2] / 1000000 + ARGV[1] - ARGV[2]
        local lost = {}
        for i = 3, #ARGV do
            if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
                redis.call('ZADD', KEYS[1], 'XX', string.format('%.6f', score), ARGV[i])
            else
                table.insert(lost, ARGV[i])
            end
        end
        return lost
        """)

    /// Up to ARGV[2] deliveries, anyone's, that were taken ARGV[1] seconds ago or more, and those under a tag that begins with
    /// ARGV[4], whose holders extend them, that were not extended for ARGV[3] seconds: the latest first, each with its score
    /// and entry. KEYS: unacked, unacked_index.
    static let expired = RedisScript(
        """
        local time = redis.call('TIME')
        local function before(seconds) return string.format('%.6f', time[1] + time[2] / 1000000 - seconds) end
        local most = tonumber(ARGV[2])
        local found = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', before(ARGV[1]), 'WITHSCORES', 'LIMIT', 0, most)
        local place = 0
        while #found < most * 2 and tonumber(ARGV[3]) < tonumber(ARGV[1]) do
            local page = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. before(ARGV[1]), before(ARGV[3]), 'WITHSCORES',
                'LIMIT', place, 500)
            for i = 1, #page, 2 do
                if string.sub(page[i], 1, #ARGV[4]) == ARGV[4] and #found < most * 2 then
                    table.insert(found, page[i])
                    table.insert(found, page[i + 1])
                end
            end
            if #page < 2 * 500 then break end
            place = place + 500
        end
        local entries = {}
        for i = #found - 1, 1, -2 do
            local entry = redis.call('HGET', KEYS[1], found[i])
            if entry then
                table.insert(entries, {found[i], found[i + 1], entry})
            else
                redis.call('ZREM', KEYS[2], found[i])
            end
        end
        return entries
        """)

    /// Puts one delivery back at the head of its list, or the end, unless it was acknowledged or extended meanwhile.
    /// KEYS: unacked, unacked_index, list; ARGV: tag, score ("" for any), message, "end" for there.
    static let restore = RedisScript(
        """
        if ARGV[2] ~= '' and redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
        if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call(ARGV[4] == 'end' and 'LPUSH' or 'RPUSH', KEYS[3], ARGV[3])
        return 1
        """)

    /// Moves a delivery to the dead letters. KEYS: unacked, unacked_index, dead, dead's reasons; ARGV: tag, raw message,
    /// reason document.
    static let bury = RedisScript(
        """
        if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
        redis.call('HSET', KEYS[4], ARGV[1], ARGV[3])
        return 1
        """)

    /// Takes dead letters back into a list. KEYS: dead, dead's reasons, list; ARGV: ids. Returns how many there were.
    static let revive = RedisScript(
        """
        local count = 0
        for _, id in ipairs(ARGV) do
            local text = redis.call('HGET', KEYS[1], id)
            if text then
                redis.call('LPUSH', KEYS[3], text)
                redis.call('HDEL', KEYS[1], id)
                redis.call('HDEL', KEYS[2], id)
                count = count + 1
            end
        end
        return count
        """)

    /// How many deliveries of the queue ARGV[1] are unacknowledged. KEYS: unacked.
    static let unacknowledged = RedisScript(
        """
        local ending = cjson.encode(ARGV[1]) .. ']'
        local count = 0
        local cursor = '0'
        repeat
            local page = redis.call('HSCAN', KEYS[1], cursor, 'COUNT', 500)
            cursor = page[1]
            for i = 2, #page[2], 2 do
                if string.sub(page[2][i], -#ending) == ending then count = count + 1 end
            end
        until cursor == '0'
        return count
        """)

    /// Counts messages of our tasks by the owner that each names, "" for none: of a list from ARGV[1] to ARGV[2], or, without
    /// these, of a hash's values. KEYS: list, or hash. Returns how many were looked at, then each owner and its count.
    static let owners = RedisScript(
        """
        local seen, counts = 0, {}
        local function look(text)
            seen = seen + 1
            local owner = string.match(text, '"phototui_owner":%s*"([%w.-]+)"')
            if owner and #owner > 200 then return end
            if not owner and string.find(text, '"phototui.', 1, true) then owner = '' end
            if owner then counts[owner] = (counts[owner] or 0) + 1 end
        end
        if #ARGV > 0 then
            for _, text in ipairs(redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])) do look(text) end
        else
            local cursor = '0'
            repeat
                local page = redis.call('HSCAN', KEYS[1], cursor, 'COUNT', 500)
                cursor = page[1]
                for i = 2, #page[2], 2 do look(page[2][i]) end
            until cursor == '0'
        end
        local found = {seen}
        for owner, count in pairs(counts) do
            table.insert(found, owner)
            table.insert(found, count)
        end
        return found
        """)

    /// Deletes a lock that is still ours. KEYS: lock; ARGV: our value.
    static let unlock = RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")

    static let all = [
        pop, acknowledge, note, extend, expired, restore, bury, revive, unacknowledged, owners, unlock,
    ]
}
