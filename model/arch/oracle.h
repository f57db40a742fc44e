/* SPDX-License-Identifier: Apache-2.0
 *
 * oracle.h - what is a right answer: the architecture's machine driven from versioned memory.
 *
 * Caches may legally hold old entries, so the right answer is a set (design.md section 2).  For each word
 * that a translation asks for, legal is the value it has now and every older one that no completed
 * invalidation had to remove.  The oracle forks the machine over those values; a result that comes out on a
 * branch of current values only is `current`, one that needs an old value is `stale` and the word is
 * named, one that comes out on none is a `mismatch`.  The oracle never writes.
 *
 * What had to be removed is asked of the architecture's coverage function, in two layers: the cached form
 * of the word itself, and translations derived from it, which can outlive it (a TLB entry its CD, a
 * combined entry its stage 2 descriptor) and go when, after the former, an invalidation covers them.  A
 * value that lives on in derived translations alone cannot give a fault that a walk would find.  Between the two, for
 * words that have it, stands what a cache of its own keeps of structures that were found through them: a PASID entry
 * outlives the context entry that led to its table, and with it the whole way below.
 *
 * What a device translated itself (ats_size_log2 of a result is not 0) was in its own cache too, and may have
 * outlived both layers there, until after them an invalidation covers it in the device.
 *
 * Time is the memory's epoch: the owner ticks before each request and each invalidation.
 */
#ifndef ARCH_ORACLE_H
#define ARCH_ORACLE_H
#include <stddef.h>

#include "arch/xlate.h"
#include "base/mem.h"

enum {
    ORACLE_WORDS   = 8,        /* at most asked for at once                               */
    ORACLE_MACHINE = 1600,     /* bytes a machine may have                                */
    ORACLE_INVALS  = 1 << 16,  /* invalidations remembered; older versions are dropped     */
    ORACLE_NODES   = 20000,    /* forks tried for one request                             */
};

enum oracle_layer { ORACLE_WORD = 1, ORACLE_DERIVED = 2, ORACLE_HELD = 4 };

/* A decoded invalidation, and what identifies the cached forms of a word: the architecture's structs. */
struct oracle_inval { uint64_t w[10]; };
struct oracle_key { uint64_t w[8]; };

struct oracle_question { uint64_t pa; unsigned words; const char *name; };

struct oracle_arch {
    void (*begin)(void *machine, const void *regs, const struct xl_req *req);
    /* Answers "nothing cached" until the machine wants memory; false at its end. */
    bool (*next)(void *machine, struct oracle_question *q);
    void (*tell)(void *machine, const uint64_t *words);          /* NULL: the read failed */
    void (*copy)(void *to, const void *from);
    const struct xl_result *(*result)(const void *machine);
    /* The key of the words in question, whose old value is `words`. */
    void (*key)(const void *machine, const uint64_t *words, struct oracle_key *k);
    /* enum oracle_layer bits that `inv` has to remove of the word with this key. */
    unsigned (*covers)(const struct oracle_inval *inv, const struct oracle_key *k);
    /* At the machine's end: the key of a word that was used on the way, with what the translation that came out
     * covers, which was not known before.  NULL: it was. */
    void (*derived)(const void *machine, struct oracle_key *k);
    /* Is there anything between the word and translations, to be covered as ORACLE_HELD?  NULL: of none. */
    bool (*held)(const struct oracle_key *k);
    /* Is what is made of the word a configuration?  One that is kept can end in anything.  NULL: of none. */
    bool (*in_config)(const struct oracle_key *k);
    /* May any cache keep this value of the words in question?  One that is overwritten and may not be kept is seen
     * by those that were under way alone.  NULL: all may be. */
    bool (*kept)(const void *machine, const uint64_t *words);
    /* At the end of a branch with a configuration that lives on in translations alone: may today's, which ends in
     * `now`, lead to the same entries?  NULL: if the domain is the same. */
    bool (*leads_alike)(const void *machine, const struct xl_result *now);
    /* Could a hit in a TLB end so? */
    bool (*could_hit)(const struct xl_result *r);
    /* Could a walk that begins at a table which is kept?  Then so may an old configuration.  NULL: as a hit. */
    bool (*could_walk)(const struct xl_result *r);
    /* Does `inv` remove from a device's own cache what this requester has of first..last?  NULL: nothing does. */
    bool (*device)(const struct oracle_inval *inv, const struct xl_req *req, uint64_t first, uint64_t last);
    /* TLB entries may be found by stream alone, so that those of an old configuration can be met. */
    bool tlb_by_stream;
};

enum oracle_verdict { ORACLE_CURRENT, ORACLE_STALE, ORACLE_MISMATCH };

struct oracle_finding {
    enum oracle_verdict verdict;
    struct xl_result current;  /* what tables say now                                     */
    uint64_t changed_ps;       /* stale: when the word that explains it was overwritten   */
    uint64_t word_pa;
    const char *word;          /* "STE", "S1L3"                                           */
    struct oracle_key key;     /* of that word, for oracle_covers                         */
};

struct oracle;

/* `regs` is the architecture's, borrowed; versions are switched on in `mem`. */
struct oracle *oracle_new(const struct oracle_arch *arch, const void *regs, struct mem *mem);
void oracle_free(struct oracle *o);

/* An invalidation has completed. */
void oracle_invalidated(struct oracle *o, const struct oracle_inval *inv);
/* The same of one that was given in epoch `given`, when it may have been carried out at once: it need not have
 * removed what was overwritten after that. */
void oracle_invalidated_since(struct oracle *o, const struct oracle_inval *inv, uint64_t given);
/* From here on an invalidation completes only when no request is under way that has used what it removes, so that it
 * counts for an answer that comes after it, too: SMMUv3's, for who sees the SYNC's completion. */
void oracle_drains(struct oracle *o);
/* Everything cached is gone: a reset. */
void oracle_forget(struct oracle *o);

/* `since` is the epoch in which the request was made: what was overwritten after that was there to be
 * seen, and invalidations after that need not have reached it. */
void oracle_judge(struct oracle *o, const struct xl_req *req, const struct xl_result *found,
                  uint64_t since, struct oracle_finding *f);

/* Tells each legal result, today's first and some more than once, until `each` says that it is the one; f is as
 * of oracle_judge then, else a mismatch.  For who knows less of an answer than a result has.  With `since` =
 * ORACLE_EVER legal is what would be if nothing had ever been invalidated: for reports. */
#define ORACLE_EVER UINT64_MAX
void oracle_legal(struct oracle *o, const struct xl_req *req, uint64_t since,
                  bool (*each)(void *arg, const struct xl_result *legal), void *arg, struct oracle_finding *f);

/* Does this invalidation end the life of an old value found before? */
bool oracle_covers(const struct oracle *o, const struct oracle_inval *inv,
                   const struct oracle_key *key);
/* The same of a use of a device's own cache. */
bool oracle_covers_device(const struct oracle *o, const struct oracle_inval *inv, const struct xl_req *req,
                          const struct xl_result *found);

/* The answer of the tables as they are.  step, unless NULL, is told all that is read on the way; words NULL: the read
 * fails. */
typedef void oracle_step(void *arg, const struct oracle_question *q, const uint64_t *words);
void oracle_walk(const struct oracle *o, const struct xl_req *req, oracle_step *step, void *arg, struct xl_result *res);

/* Same end, output, fault and details? */
bool oracle_same(const struct xl_result *a, const struct xl_result *b);

#endif
