/* SPDX-License-Identifier: Apache-2.0
 *
 * table_io.h - where an encoder of tables reads, writes and takes room: simulated memory, or an importer
 * that turns writes into records.  Shared by the encoders of all table formats.
 */
#ifndef ARCH_TABLE_TABLE_IO_H
#define ARCH_TABLE_TABLE_IO_H
#include <stdint.h>

struct table_io {
    uint64_t (*read)(void *arg, uint64_t pa);
    int      (*write)(void *arg, uint64_t pa, uint64_t value);      /* 0 or a SIM_E code          */
    uint64_t (*alloc)(void *arg, unsigned bytes_log2);              /* zeroed, aligned to its size; 0: none left */
    void     *arg;
};

#endif
