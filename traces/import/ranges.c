/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/ranges.h"

#include <stdlib.h>

#include "base/bits.h"

struct range_node {
    struct range r;
    struct range_node *left, *right;
};

static bool above(const struct range_node *a, const struct range_node *b)
{
    return bits_mix(a->r.start) > bits_mix(b->r.start);
}

/* Turns what is on the left to the top until nothing is: no recursion, whatever the shape. */
static void free_nodes(struct range_node *n)
{
    while (n) {
        struct range_node *next = n->left ? n->left : n->right;
        if (n->left) {
            n->left = next->right;
            next->right = n;
        } else {
            free(n);
        }
        n = next;
    }
}

void ranges_destroy(struct ranges *r)
{
    free_nodes(r->top);
    *r = (struct ranges){ 0 };
}

const struct range *ranges_from(const struct ranges *r, uint64_t at)
{
    const struct range *best = NULL;

    for (const struct range_node *n = r->top; n;) {
        if (n->r.end > at) {
            best = &n->r;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    return best;
}

const struct range *ranges_at(const struct ranges *r, uint64_t at)
{
    const struct range *f = ranges_from(r, at);

    return f && f->start <= at ? f : NULL;
}

/* Parts the tree below n into what starts before `at` and the rest. */
static void split(struct range_node *n, uint64_t at, struct range_node **less,
                  struct range_node **rest)
{
    while (n) {
        if (n->r.start < at) {
            *less = n;
            less = &n->right;
            n = n->right;
        } else {
            *rest = n;
            rest = &n->left;
            n = n->left;
        }
    }
    *less = *rest = NULL;
}

static struct range_node *join(struct range_node *a, struct range_node *b)
{
    struct range_node *top, **at = &top;

    while (a && b) {
        struct range_node **from = above(a, b) ? &a : &b, *n = *from;
        bool right = from == &a;
        *at = n;
        at = right ? &n->right : &n->left;
        *from = *at;
    }
    *at = a ? a : b;
    return top;
}

bool ranges_add(struct ranges *r, struct range add)
{
    struct range_node *n, **at = &r->top;

    if (add.end <= add.start)
        return true;
    n = calloc(1, sizeof *n);
    if (!n)
        return false;
    n->r = add;
    while (*at && above(*at, n))
        at = add.start < (*at)->r.start ? &(*at)->left : &(*at)->right;
    split(*at, add.start, &n->left, &n->right);
    *at = n;
    r->n++;
    return true;
}

bool ranges_take(struct ranges *r, uint64_t start, uint64_t end, struct range *taken)
{
    const struct range *f = ranges_from(r, start);
    struct range_node **at = &r->top, *n;

    if (!f || f->start >= end)
        return false;
    *taken = *f;
    while ((n = *at)->r.start != taken->start)
        at = taken->start < n->r.start ? &n->left : &n->right;
    *at = join(n->left, n->right);
    free(n);
    r->n--;
    return true;
}
