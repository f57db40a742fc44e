/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include <stdlib.h>

void *list_grow(void *list, size_t n, size_t *room, size_t size)
{
    size_t more = *room ? 2 * *room : 256;
    void *grown;

    if (n < *room)
        return list;
    grown = realloc(list, more * size);
    if (grown)
        *room = more;
    return grown;
}
