/* The catalogue's statements over libpq and nothing else: the peer of `phototui-bench catalog postgres:…`.
 *
 * postgres_pages ROUNDS OWNER COLUMNS: the connection string is in PEER_CONNECTION, OWNER an id in hexadecimal. Each question
 * travels with the identity that row-level security asks for, in one round trip, and each value of its answer is looked at.
 * Prints a JSON line with the milliseconds of each measure. */
#include <endian.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INT8 = 20, TEXT = 25, BYTEA = 17, MOST_ROUNDS = 100000 };
static PGconn *connection;
static const char *owner_text;
static char owner[16];
static volatile unsigned seen;

struct value { Oid type; const void *bytes; int length; };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s", what, PQerrorMessage(connection));
    exit(1);
}

static void send(const char *sql, const struct value *values, int count) {
    Oid types[8];
    const char *pointers[8];
    int lengths[8], formats[8];
    for (int i = 0; i < count; i++) {
        types[i] = values[i].type;
        pointers[i] = values[i].bytes;
        lengths[i] = values[i].length;
        formats[i] = 1;
    }
    if (!PQsendQueryParams(connection, sql, count, types, pointers, lengths, formats, 1)) fail("send");
}

/* The rows of a statement; the caller clears them. */
static PGresult *ask(const char *sql, const struct value *values, int count, double *took) {
    double began = now();
    struct value identity[] = {{TEXT, owner_text, strlen(owner_text)}, {TEXT, "local", 5}, {TEXT, "60000", 5}};
    send("SELECT set_config('phototui.owner', $1, true), set_config('phototui.owner_name', $2, true), "
         "set_config('statement_timeout', $3, true)", identity, 3);
    send(sql, values, count);
    if (!PQpipelineSync(connection)) fail("sync");
    PGresult *rows = NULL;
    for (int statement = 0; statement < 2; statement++) {
        PGresult *result = PQgetResult(connection);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) fail(sql);
        if (statement == 0) PQclear(result);
        else rows = result;
        if (PQgetResult(connection)) fail("more than one result");
    }
    PGresult *end = PQgetResult(connection);
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC) fail("end");
    PQclear(end);
    for (int row = 0; row < PQntuples(rows); row++)
        for (int column = 0; column < PQnfields(rows); column++)
            if (!PQgetisnull(rows, row, column)) seen += PQgetvalue(rows, row, column)[0];
    *took = now() - began;
    return rows;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void print(const char *measure, double *times, int count) {
    qsort(times, count, sizeof *times, ascending);
    printf("{\"measure\": \"%s\", \"p50\": %.3f, \"p99\": %.3f}\n", measure, times[(count * 50 + 99) / 100 - 1],
           times[(count * 99 + 99) / 100 - 1]);
}

int main(int argc, char **argv) {
    static double list[MOST_ROUNDS], first[MOST_ROUNDS], next[MOST_ROUNDS];
    int rounds = argc == 4 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > MOST_ROUNDS || strlen(argv[2]) != 32) return 64;
    owner_text = argv[2];
    for (int i = 0; i < 16; i++) {
        unsigned byte;
        sscanf(owner_text + 2 * i, "%2x", &byte);
        owner[i] = byte;
    }
    connection = PQconnectdb(getenv("PEER_CONNECTION"));
    if (PQstatus(connection) != CONNECTION_OK) fail("connect");
    if (!PQenterPipelineMode(connection)) fail("pipeline");
    const char *order = "ORDER BY month DESC, taken_at DESC, id DESC LIMIT";
    char page_sql[4096], next_sql[4096];
    const char *where = "FROM photos WHERE owner = $1 AND in_timeline = 1 AND month = $2";
    snprintf(page_sql, sizeof page_sql, "SELECT %s %s %s $3", argv[3], where, order);
    snprintf(next_sql, sizeof next_sql, "SELECT %s %s AND (taken_at, id) < ($3, $4) %s $5", argv[3], where, order);
    int64_t limit = htobe64(200);
    srand(1);
    for (int round = 0; round < rounds; round++) {
        struct value of_owner = {BYTEA, owner, 16};
        PGresult *months = ask(
            "SELECT month, photos FROM month_counts WHERE owner = $1 AND photos > 0 ORDER BY month DESC", &of_owner, 1,
            &list[round]);
        if (PQntuples(months) == 0) fail("no photos");
        struct value month = {INT8, PQgetvalue(months, rand() % PQntuples(months), 0), 8};
        struct value page_values[] = {of_owner, month, {INT8, &limit, 8}};
        PGresult *page = ask(page_sql, page_values, 3, &first[round]);
        int last = PQntuples(page) - 1;
        if (last < 0) fail("an empty page");
        /* The columns begin with the id, and the time is the fourth. */
        struct value next_values[] = {
            of_owner, month, {INT8, PQgetvalue(page, last, 3), 8}, {BYTEA, PQgetvalue(page, last, 0), 16}, {INT8, &limit, 8}};
        PQclear(ask(next_sql, next_values, 5, &next[round]));
        PQclear(page);
        PQclear(months);
    }
    print("month list", list, rounds);
    print("first page of any month", first, rounds);
    print("next page of any month", next, rounds);
    PQfinish(connection);
}
