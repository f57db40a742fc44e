/* SPDX-License-Identifier: Apache-2.0
 *
 * The FST writer maps its temporary files without a look at whether they were written, and would die of
 * a full /tmp.  Its tmpfile is this one: in memory.
 */
#define _GNU_SOURCE                    /* memfd_create */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

FILE *wave_tmpfile(void);

FILE *wave_tmpfile(void)
{
    int fd = memfd_create("fst", MFD_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w+b");

    if (!f && fd >= 0)
        close(fd);
    return f;
}
