#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which uses of stale entries a trace makes, found without the simulator.

    stale_uses.py PROGRAM TRACE.trc PROFILE COUNT

Reads the text form of the trace (tables written, commands, accesses; not what the source logged), plays
the caches of QEMU 10.0's IOMMUs over it in the plainest way there is (dictionaries, linear scans), walks
the tables anew for every access, and calls an access stale if the two answers differ.  Leaves out each
of COUNT invalidation commands in turn (evenly chosen; 0: every one), does the same with the simulator,
and compares the sets.
"""
import os, sqlite3, subprocess, sys, tempfile

def bits(v, hi, lo): return v >> lo & (1 << hi - lo + 1) - 1

class Mem(dict):
    def q(self, a): return self.get(a, 0)

# ---------------------------------------------------------------- SMMUv3 -----
GRAN = {0: 12, 1: 16, 2: 14}                    # S2TG, TG0
GRAN1 = {1: 14, 2: 12, 3: 16}                   # TG1
SIZE = [32, 36, 40, 42, 44, 48, 52]
OAS = 44

class Fault(Exception):
    def __init__(self, code, s2, cls, ipa, rec): self.v = ('fault', code, s2, cls, ipa >> 12 if s2 else 0, rec)

class Smmu:
    invalidations = lambda self, w: w[0] & 0xff in (3, 4, 5, 6) or 0x10 <= w[0] & 0xff <= 0x30
    def __init__(self):
        self.m, self.r, self.cfg, self.tlb, self.s2p = Mem(), {}, {}, {}, True
    def cap(self, off, v):
        if off == 0: self.s2p = bool(v & 1)
    def reg(self, off, v, size):
        if off == 0x84: off, v = 0x80, self.r.get(0x80, 0) & 0xffffffff | v << 32
        elif off == 0x80 and size == 4: v |= self.r.get(0x80, 0) >> 32 << 32
        self.r[off] = v
    def reset(self): self.cfg, self.tlb, self.r = {}, {}, {}

    # -- commands
    def command(self, w):
        op, leaf = w[0] & 0xff, w[1] & 1
        sid, vmid, asid = w[0] >> 32, bits(w[0], 47, 32) if self.s2p else 0, w[0] >> 48
        if op in (3, 5, 6): self.cfg.pop(sid, None)
        elif op == 4:
            low = (2 << (w[1] & 31)) - 1
            self.cfg = {s: c for s, c in self.cfg.items() if s & ~low != sid & ~low}
        elif op == 0x10: self.drop(lambda k: k[0] >= 0 and k[1] == vmid)
        elif op == 0x11: self.drop(lambda k: k[:2] == (asid, vmid))
        elif op in (0x12, 0x13, 0x2a): self.by_address(w, op, vmid, asid)
        elif op == 0x28: self.drop(lambda k: k[1] == vmid)
        elif op == 0x30: self.tlb.clear()
    def drop(self, gone): self.tlb = {k: v for k, v in self.tlb.items() if not gone(k)}
    def by_address(self, w, op, vmid, asid):
        tg, ttl, at = bits(w[1], 11, 10), bits(w[1], 9, 8), w[1] >> 12 << 12
        g = 10 + 2 * tg if tg else 12
        end = at + ((bits(w[0], 16, 12) + 1 << bits(w[0], 24, 20)) if tg else 1) * (1 << g)
        while at < end:
            size = 1 << (end - at).bit_length() - 1
            if at: size = min(size, at & -at)
            self.piece(op, vmid, asid, at, size, tg, g, ttl)
            at += size
    def piece(self, op, vmid, asid, at, size, tg, g, ttl):
        if ttl and tg and size == 1 << g and op != 0x13:
            if self.tlb.pop((asid if op == 0x12 else -1, vmid, at, tg, ttl), None): return
        def gone(k):
            block = 1 << shift(10 + 2 * k[3], k[4])
            mine = k[0] < 0 if op == 0x2a else k[0] == asid if op == 0x12 else k[0] >= 0
            return mine and k[1] == vmid and k[2] < at + size and at < k[2] + block
        self.drop(gone)

    # -- translation; `keep` says whether the caches take part
    def find(self, asid, vmid, addr, g):
        for l in range(4):
            s = shift(g, l)
            e = self.tlb.get((asid, vmid, addr >> s << s, (g - 10) // 2, l))
            if e: return e
    def insert(self, asid, vmid, e):
        if len(self.tlb) >= 256: self.tlb = {}
        self.tlb[(asid, vmid, e['in'], (e['g'] - 10) // 2, e['level'])] = e
    def walk(self, t, a, stage, fault, at=None, keep=False, root=None):
        """The leaf of table t; `at` turns a table's address into a physical one."""
        if t['bits'] < 64 and a >> t['bits']: raise fault(0x10)
        base, l, hier = t['base'], t['start'], 0
        s = t['g'] - 3
        while True:
            sh = shift(t['g'], l)
            i = a >> sh if l == t['start'] else a >> sh & (1 << s) - 1
            pa = base + 8 * i
            if at: pa = root + 8 * i if l == t['start'] and root is not None else at(base, base + 8 * i)
            d = self.m.q(pa)
            if not d & 1 or l == 3 and not d & 2: raise fault(0x10)
            if l < 3 and d & 2:
                base = bits(d, 47, t['g']) << t['g']; hier |= 0 if t.get('had') else d >> 61 & 3; l += 1
                if base >> t['out']: raise fault(0x11)
                continue
            if l < (1 if t['g'] == 12 else 2): raise fault(0x10)
            out = bits(d, 47, sh) << sh
            if out >> t['out']: raise fault(0x11)
            if not d >> 10 & 1 and not t['affd']: raise fault(0x12)
            ap = bits(d, 7, 6)
            if stage == 1:
                user = ap & 1 and not hier & 1
                perm = (1 if user else 0) | (2 if user and not ap & 2 and not hier & 2 else 0)
            else: perm = ap
            return dict(zip(('in', 'out', 'level', 'g', 'perm', 'size'), (a >> sh << sh, out, l, t['g'], perm, sh)))
    def allowed(self, perm, dirn): return perm & 3 if dirn == 'n' else perm & (2 if dirn == 'w' else 1)

    def stage2(self, c, ipa, cls, shown, keep):
        e = self.find(-1, c['vmid'], ipa, c['s2']['g']) if keep else None
        if not e:
            e = self.walk(c['s2'], ipa, 2, lambda code: Fault(code, 1, cls, shown, c['s2r'] if cls == 0 else c.get('r', c['s2r'])))
            if keep: self.insert(-1, c['vmid'], e)
        if not e['perm'] & 1: raise Fault(0x13, 1, cls, shown, c['s2r'] if cls == 0 else c.get('r', c['s2r']))
        return e['out'] | ipa & (1 << e['size']) - 1
    def config(self, sid, iova, keep):
        cfg, base = self.r.get(0x88, 0), bits(self.r.get(0x80, 0), 51, 6) << 6
        log2 = cfg & 63
        if sid >> log2: raise Fault(2, 0, 0, 0, bool(self.r.get(0x2c, 0) & 2))
        if cfg >> 16 & 3 == 1:
            split = bits(cfg, 10, 6); split = split if split in (8, 10) else 6
            d = self.m.q(base + 8 * (sid >> split)); span = d & 31; i = sid & (1 << split) - 1
            if not span or span > 11 or i >= 1 << span - 1: raise Fault(2, 0, 0, 0, bool(self.r.get(0x2c, 0) & 2))
            at = (bits(d, 51, 6) << 6) + 64 * i
        else: at = base + 64 * sid
        w = [self.m.q(at + 8 * i) for i in range(4)]
        if not w[0] & 1: raise Fault(4, 0, 0, 0, True)
        kind = bits(w[0], 3, 1)
        if not kind & 4: return dict(kind='abort')
        if kind == 4: return dict(kind='bypass')
        c = dict(kind='translate', s1=kind & 1, s2=None, vmid=w[2] & 0xffff if self.s2p else 0, s2r=bool(w[2] >> 58 & 1))
        if kind & 2:
            g = GRAN[bits(w[2], 47, 46)]
            c['s2'] = dict(g=g, bits=64 - bits(w[2], 37, 32), start=(2 if g == 12 else 3) - bits(w[2], 39, 38),
                           base=bits(w[3], 51, 4) << 4, affd=w[2] >> 53 & 1, out=min(OAS, SIZE[bits(w[2], 50, 48)]))
            c['r2'] = c['s2r']
        if not c['s1']: return c
        cd = bits(w[0], 51, 6) << 6
        if c['s2']: cd = self.stage2(c, cd, 0, cd, keep)
        d = [self.m.q(cd + 8 * i) for i in range(4)]
        if not d[0] >> 31 & 1: raise Fault(10, 0, 0, 0, True)
        c.update(asid=d[0] >> 48, r=bool(d[0] >> 45 & 1), tt=[None, None], root=[None, None])
        for h in (0, 1):
            if d[0] >> (30 if h else 14) & 1: continue
            g = (GRAN1 if h else GRAN)[bits(d[0] >> 16 * h, 7, 6)]; n = 64 - bits(d[0] >> 16 * h, 5, 0)
            c['tt'][h] = dict(g=g, bits=n, start=4 - (n - 4) // (g - 3), base=bits(d[1 + h], 51, 4) << 4, affd=d[0] >> 35 & 1,
                              out=min(OAS, SIZE[bits(d[0], 34, 32)]), had=d[1 + h] >> 1 & 1)
        if c['s2']:
            for h in (0, 1):
                t = c['tt'][h]
                if not t: continue
                shown = t['base'] + 8 * ((iova & (1 << t['bits']) - 1) >> shift(t['g'], t['start']))
                c['root'][h] = self.stage2(c, t['base'], 1, shown, keep)
        return c
    def half(self, c, a):
        for h in (0, 1):
            t = c['tt'][h]
            if t and a >> t['bits'] == ((1 << 64 - t['bits']) - 1 if h else 0): return h
    def answer(self, sid, a, dirn, keep):
        try: return self.translate(sid, a, dirn, keep)
        except Fault as f: return f.v
    def translate(self, sid, a, dirn, keep):
        if not self.r.get(0x20, 0) & 1: return ('bypass', a)
        c = self.cfg.get(sid) if keep else None
        if c is None:
            c = self.config(sid, a, keep)
            if keep: self.cfg[sid] = c
        if c['kind'] == 'abort': return ('abort',)
        if c['kind'] == 'bypass': return ('bypass', a) if not a >> OAS else ('fault', 0x11, 0, 2, 0, True)
        if not c['s1']: return self.only2(c, a, dirn, keep)
        r = c['r']; h = self.half(c, a)
        if h is None: raise Fault(0x10, 0, 2, 0, r)
        t = c['tt'][h]
        e = self.find(c['asid'], c['vmid'], a, t['g']) if keep else None
        if keep and not e and c['s2']: e = self.find(c['asid'], c['vmid'], a, c['s2']['g'])
        if e:
            if not self.allowed(e['perm'], dirn): raise Fault(0x13, 0, 2, 0, r)
            if not self.allowed(e['perm2'], dirn): raise Fault(0x13, 1, 2, e['ipa'] | a & (1 << e['size']) - 1, c['s2r'])
            return ('ok', e['out'] | a & (1 << e['size']) - 1)
        v = a & (1 << t['bits']) - 1
        at = (lambda base, desc: self.stage2(c, base, 1, desc, keep) + desc - base) if c['s2'] else None
        e = self.walk(t, v, 1, lambda code: Fault(code, 0, 2, 0, r), at, keep, c['root'][h])
        if not self.allowed(e['perm'], dirn): raise Fault(0x13, 0, 2, 0, r)
        e.update(perm2=3, ipa=e['out'])
        if c['s2']:
            ipa = e['out'] | v & (1 << e['size']) - 1
            f = self.walk(c['s2'], ipa, 2, lambda code: Fault(code, 1, 2, ipa, c['s2r']))
            if not self.allowed(f['perm'], dirn): raise Fault(0x13, 1, 2, ipa, c['s2r'])
            if f['size'] < e['size']: e.update(size=f['size'], level=f['level'], g=f['g'])
            n = e['size']; e['in'] = v >> n << n; e['ipa'] = ipa >> n << n
            e['out'] = f['out'] | e['ipa'] & (1 << f['size']) - 1; e['perm2'] = f['perm']
        e['in'] |= a - v
        if keep: self.insert(c['asid'], c['vmid'], e)
        return ('ok', e['out'] | a & (1 << e['size']) - 1)
    def only2(self, c, a, dirn, keep):
        if a >> OAS: return ('fault', 0x11, 0, 2, 0, True)
        e = self.find(-1, c['vmid'], a, c['s2']['g']) if keep else None
        if not e:
            e = self.walk(c['s2'], a, 2, lambda code: Fault(code, 1, 2, a, c['s2r']))
            if not self.allowed(e['perm'], dirn): raise Fault(0x13, 1, 2, a, c['s2r'])
            if keep: self.insert(-1, c['vmid'], e)
        if not self.allowed(e['perm'], dirn): raise Fault(0x13, 1, 2, a, c['s2r'])
        return ('ok', e['out'] | a & (1 << e['size']) - 1)

def shift(g, level): return g + (3 - level) * (g - 3)

# ------------------------------------------------------------------ VT-d -----
class Vtd:
    invalidations = lambda self, w: w[0] & 15 in (1, 2)
    def __init__(self): self.m, self.r, self.on, self.root, self.cc, self.tlb = Mem(), {}, False, 0, {}, {}
    def cap(self, off, v): pass
    def reset(self): self.cc, self.tlb, self.on = {}, {}, False
    def reg(self, off, v, size):
        self.r[off] = v
        if off != 0x18: return
        if v >> 30 & 1: self.root, self.cc, self.tlb = self.r.get(0x20, 0) >> 12 << 12, {}, {}
        if bool(v >> 31) != self.on: self.on, self.cc, self.tlb = bool(v >> 31), {}, {}
    def command(self, w):
        kind, g, did = w[0] & 15, bits(w[0], 5, 4), bits(w[0], 31, 16)
        if kind == 1 and g == 3:
            fm = (0, 4, 6, 7)[bits(w[0], 49, 48)]; sid = bits(w[0], 47, 32)
            self.cc = {s: c for s, c in self.cc.items() if s & ~fm != sid & ~fm}
        elif kind == 1: self.cc = {}
        elif kind == 2 and g == 1: self.tlb = {}
        elif kind == 2 and g == 2: self.tlb = {k: e for k, e in self.tlb.items() if e['did'] != did}
        elif kind == 2 and g == 3:
            mask = ~((1 << (w[1] & 63)) - 1); f = w[1] >> 12 & mask
            self.tlb = {k: e for k, e in self.tlb.items() if e['did'] != did or
                        k[2] >> 12 & mask != f and k[2] != w[1] >> e['size'] << e['size']}
    def answer(self, sid, a, dirn, keep):
        if not self.on: return ('bypass', a)
        if 0xfee00000 <= a < 0xfef00000: return ('bypass', a)
        for l in (1, 2, 3):
            e = self.tlb.get((sid, l, a >> 3 + 9 * l << 3 + 9 * l)) if keep else None
            if e: break
        if not e:
            c = self.cc.get(sid) if keep else None
            if c is None:
                re = self.m.q(self.root + 16 * (sid >> 8))
                if not re & 1: return ('fault', 1)
                ce = (re >> 12 << 12) + 16 * (sid & 255); c = (self.m.q(ce), self.m.q(ce + 8))
                if not c[0] & 1: return ('fault', 2)
                if keep: self.cc[sid] = c
            if bits(c[0], 3, 2) == 2: return ('bypass', a)
            base, l, perm = c[0] >> 12 << 12, (c[1] & 7) + 2, 3
            if a >> 12 + 9 * l: return ('fault', 4)
            while True:
                d = self.m.q(base + 8 * (a >> 3 + 9 * l & 511)); perm &= d
                if not self.allowed(perm, dirn): return ('fault', 5 if dirn == 'w' else 6)
                if l == 1 or d & 0x80: break
                base, l = bits(d, 51, 12) << 12, l - 1
            n = 3 + 9 * l
            e = dict(out=bits(d, 51, n) << n, size=n, perm=perm, did=bits(c[1], 23, 8))
            if keep:
                if len(self.tlb) >= 1024: self.tlb = {}
                self.tlb[(sid, l, a >> n << n)] = e
        if not self.allowed(e['perm'], dirn): return ('fault', 5 if dirn == 'w' else 6)
        return ('ok', e['out'] | a & (1 << e['size']) - 1)
    allowed = Smmu.allowed

# ---------------------------------------------------------------- both -------
def load(program, trace):
    text = subprocess.run([program, 'export', '--to', 'text', trace], check=True, stdout=subprocess.PIPE, text=True).stdout
    arch, events = None, []
    for l in text.splitlines():
        if l.startswith('# trace '): arch = Vtd if ' arch=vtd ' in l else Smmu
        if l[0] == '#': continue
        f = l.split(); kind = f[1]
        a = dict(x.split('=', 1) for x in f[2:] if '=' in x)
        if kind == 'table': events.append(('t', int(a['addr'], 0), [int(x, 0) for x in a['w'].split(',')]))
        elif kind == 'cmd': events.append(('c', [int(x, 0) for x in a['w'].split(',')]))
        elif kind in ('reg', 'cap'): events.append((kind[0] + 'r', int(a['addr'], 0), int(a['value'], 0), int(a['len'])))
        elif kind in ('read', 'write'):
            events.append(('d', int(a['sid'], 0), int(a['addr'], 0), 'n' if 'nodir' in l else kind[0]))
        elif kind == 'mark' and 'reset' in l: events.append(('x',))
    return arch, events

def play(arch, events, drop):
    u, n, inv, stale = arch(), 0, 0, set()
    for e in events:
        if e[0] == 't':
            for i, w in enumerate(e[2]): u.m[e[1] + 8 * i] = w
        elif e[0] == 'd':
            if u.answer(*e[1:], True) != u.answer(*e[1:], False): stale.add(n)
            n += 1
        elif e[0] == 'c':
            if u.invalidations(e[1]):
                inv += 1
                if inv - 1 == drop: continue
            u.command(e[1])
        elif e[0] == 'rr': u.reg(*e[1:])
        elif e[0] == 'cr': u.cap(e[1], e[2])
        else: u.reset()
    return stale, inv

def simulated(program, trace, profile, drop):
    with tempfile.TemporaryDirectory() as d:
        db = os.path.join(d, 'r.db')
        cmd = [program, 'run', '--profile', profile, '--set', profile_expect(profile), '--trace', trace, '--check', '--db', db, '--quiet']
        if drop is not None: cmd += ['--drop-command', str(drop)]
        rc = subprocess.run(cmd, stdout=subprocess.DEVNULL).returncode
        if rc not in (0, 1): sys.exit(f'{" ".join(cmd)}: exit {rc}')
        c = sqlite3.connect(db)
        wrong = c.execute("select count(*) from mismatch where field like 'oracle%'").fetchone()[0]
        return {r for r, in c.execute('select request from stale')}, wrong

def profile_expect(profile): return ('vtd' if 'vtd' in profile else 'smmu') + '.expect=outcome'

def main():
    program, trace, profile, count = sys.argv[1:4] + [int(sys.argv[4])]
    arch, events = load(program, trace)
    base, inv = play(arch, events, None)
    step = max(1, inv // count) if count else 1
    bad = some = 0
    for drop in [None] + list(range(0, inv, step))[:count or inv]:
        mine, _ = play(arch, events, drop)
        theirs, wrong = simulated(program, trace, profile, drop)
        some += bool(mine)
        if mine != theirs or wrong:
            bad += 1
            print(f'{trace}: without command {drop}: script {len(mine)} stale uses, simulator {len(theirs)}, '
                  f'first difference {sorted(mine ^ theirs)[:3]}, {wrong} mismatches')
    print(f'{os.path.basename(trace)}: {inv} invalidations, {some} of the tries with stale uses, {bad} sets differ')
    return bad != 0

sys.exit(main())
