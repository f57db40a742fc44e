/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/shards.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void shard_path(const char *db, uint64_t n, char *buf, size_t size)
{
    snprintf(buf, size, "%s.shard-%" PRIu64, db, n);
}

void shard_remove(const char *db, uint64_t n)
{
    char path[SHARD_PATH], journal[SHARD_PATH + 16];

    shard_path(db, n, path, sizeof path);
    snprintf(journal, sizeof journal, "%s-journal", path);
    unlink(journal);
    unlink(path);
}
