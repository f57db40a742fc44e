/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/merge.h"

int import_merge(struct import *im, struct import_source *device, struct import_source *software)
{
    struct merge m = { .im = im, .device = device, .software = software };
    int rc = merge_gather(&m);

    if (rc == 0)
        rc = merge_clock(&m);
    if (rc == 0)
        rc = merge_plan(&m);
    if (rc == 0) {
        import_flags(im, TRACE_F_MERGED);
        rc = merge_out(&m);
    }
    merge_destroy(&m);
    return rc;
}
