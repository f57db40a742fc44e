/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/comp.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"

enum { PATH_MAX_LEN = 160 };

void comp_init(struct comp *c, const struct comp_kind *kind, struct comp *parent, const char *name,
               const void *par, const void *st)
{
    *c = (struct comp){ .kind = kind, .parent = parent, .par = par, .st = st };
    snprintf(c->name, sizeof c->name, "%s", name);
    if (!parent)
        return;
    c->clk = parent->clk;
    if (parent->last)
        parent->last->next = c;
    else
        parent->child = c;
    parent->last = c;
}

void comp_clock(struct comp *c, struct clock *clk)
{
    c->clk = clk;
}

void comp_settle(struct comp *c)
{
    if (c->settle)
        c->settle(c);
    for (struct comp *k = c->child; k; k = k->next)
        comp_settle(k);
}

uint64_t comp_signal_value(const struct comp *c, const struct comp_signal *s)
{
    const void *at = (const char *)c + s->at;
    uint64_t v = 0;

    switch (s->bytes) {
    case 0: v = s->get(c); break;
    case 1: v = *(const uint8_t *)at; break;
    case 2: v = *(const uint16_t *)at; break;
    case 4: v = *(const uint32_t *)at; break;
    case 8: v = *(const uint64_t *)at; break;
    }
    return v & bits_low(s->width);
}

void comp_path(const struct comp *c, char *buf, size_t size)
{
    size_t n;

    buf[0] = '\0';
    if (c->parent) {
        comp_path(c->parent, buf, size);
        n = strlen(buf);
        snprintf(buf + n, size - n, ".%s", c->name);
    } else {
        snprintf(buf, size, "%s", c->name);
    }
}

void comp_walk(const struct comp *c, void (*fn)(const struct comp *c, const char *path, void *arg),
               void *arg)
{
    char path[PATH_MAX_LEN];

    comp_path(c, path, sizeof path);
    fn(c, path, arg);
    for (const struct comp *k = c->child; k; k = k->next)
        comp_walk(k, fn, arg);
}
