/* SPDX-License-Identifier: Apache-2.0
 *
 * shards.h - databases of single runs beside the one that they are merged into: DB.shard-N.
 */
#ifndef CLI_SHARDS_H
#define CLI_SHARDS_H
#include <stddef.h>
#include <stdint.h>

enum { SHARD_PATH = 1200 };

void shard_path(const char *db, uint64_t n, char *buf, size_t size);
/* With its journal; no harm if it is not there. */
void shard_remove(const char *db, uint64_t n);

#endif
