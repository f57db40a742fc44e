// SPDX-License-Identifier: Apache-2.0
//
// store - the one set-associative store: IOTLB, configuration cache, walk caches.  Its counterpart in the model is
// hw/store.h, which says what context, base, size, tag and match are; twin/store_twin.c is equal in every cycle.
//
// An entry is the aligned block of 2^size bytes around fill_base, in one context; `size` is one of SIZES, rising.
// All sizes are looked up at once, each in the set of its own block; if several hit, PROBE says which is the answer.
//
// Times.  `ready` is for all three ports, and is low only while an invalidation sweeps; it depends on registers
// alone.  What is presented with `valid` in a cycle in which ready is set is taken; else it has to stay.
//
//   lookup   taken in cycle t, one a cycle: hit_valid in t + LATENCY, whatever happens meanwhile, with the contents
//            of cycle t.  hit_size and hit_payload are 0 without hit.  There is no back-pressure
//   fill     taken in cycle t, one a cycle, seen by lookups from t + 1.  An entry of the same context, block and
//            size is overwritten.  filled, with fill_way and fill_evicted (a valid entry of another key went), in
//            t + 1
//   inval    taken in cycle t; ready is low in t + 1 .. t + n, and in t + n + 1 inval_done is set for one cycle,
//            no matching entry is there, and ready is set again.  n is SETS, one set a cycle; a range of addresses
//            that is short goes to its blocks' sets only, size by size, if these are fewer (INDEX = 0).
//            A lookup of cycle t sees what is removed.  A fill of cycle t is before the invalidation and removed if
//            it matches, with FILL_IN_FLUSH = 0 it is dropped whether it matches or not
//
// A lookup and a fill in one cycle touch the replacement policy as if the lookup came first.  POLICY, INDEX and
// PROBE are numbered as in the model: tree-plru 1, round-robin 4 (what is often called FIFO), lfsr 6; modulo 0,
// hash 1; largest 0, smallest 1.  TOUCH_ON_FILL: with a tree, a fill is a use.  INVALID_FIRST: a free way is taken,
// the lowest, before the policy is asked.  SETS is a power of two, or 0: such a store is always empty, and an
// invalidation takes one cycle.  WAYS is any number.

module store
  import iommu_pkg::*;
#(
  parameter int SETS          = 16,
  parameter int WAYS          = 4,
  parameter int N_SIZES       = 3,
  parameter logic [N_SIZES-1:0][5:0] SIZES = {6'd30, 6'd21, 6'd12},
  parameter int PAYLOAD_W     = 64,
  parameter int POLICY        = 1,
  parameter int INDEX         = 0,
  parameter int PROBE         = 0,
  parameter bit TOUCH_ON_FILL = 1,
  parameter bit INVALID_FIRST = 1,
  parameter bit FILL_IN_FLUSH = 1,
  parameter int LATENCY       = 1
) (
  input  logic                 clk,
  input  logic                 rst_n,
  output logic                 ready,
  // lookup
  input  logic                 lookup_valid,
  input  logic [CTX_W-1:0]     lookup_ctx,
  input  logic [63:0]          lookup_addr,
  output logic                 hit_valid,
  output logic                 hit,
  output logic [5:0]           hit_size,
  output logic [PAYLOAD_W-1:0] hit_payload,
  // fill
  input  logic                 fill_valid,
  input  logic [CTX_W-1:0]     fill_ctx,
  input  logic [63:0]          fill_base,      // any address in the block
  input  logic [5:0]           fill_size,
  input  logic [TAG_W-1:0]     fill_tag,
  input  logic [PAYLOAD_W-1:0] fill_payload,
  output logic                 filled,
  output logic                 fill_evicted,
  output logic [15:0]          fill_way,
  // invalidation
  input  logic                 inval_valid,
  input  match_t               inval_match,
  output logic                 inval_done
);

  localparam int N      = SETS > 0 ? SETS : 1;
  localparam int SET_W  = N > 1 ? $clog2(N) : 1;
  localparam int WAY_W  = WAYS > 1 ? $clog2(WAYS) : 1;
  localparam int DEPTH  = $clog2(WAYS);              // of the tree
  localparam int LEAVES = 1 << DEPTH;
  localparam int SZ_W   = N_SIZES > 1 ? $clog2(N_SIZES) : 1;
  localparam int BASE_W = 64 - int'(SIZES[0]);       // a block of any size has zeros below
  localparam int CNT_W  = $clog2(N * N_SIZES + 1) + 1;

  localparam int TREE_PLRU = 1, ROUND_ROBIN = 4, LFSR = 6;

  if (SETS < 0 || (SETS & (SETS - 1)) != 0) $fatal(1, "SETS = %0d is no power of two", SETS);
  if (WAYS < 1 || WAYS > 64)                $fatal(1, "WAYS = %0d", WAYS);
  if (POLICY != TREE_PLRU && POLICY != ROUND_ROBIN && POLICY != LFSR) $fatal(1, "POLICY = %0d", POLICY);
  if (LATENCY < 1 || LATENCY > 3)           $fatal(1, "LATENCY = %0d: 1 to 3", LATENCY);

  typedef logic [SET_W-1:0] set_t;
  typedef logic [WAY_W-1:0] way_t;
  typedef logic [LEAVES-1:0] tree_t;                 // node n is bit n, the root is 1; set: the higher half is next
  typedef logic [WAYS-1:0]  ways_t;

  typedef struct packed {
    logic [CTX_W-1:0]  ctx;
    logic [BASE_W-1:0] base;
    logic [SZ_W-1:0]   sz;
  } key_t;

  // ---- where keys are ------------------------------------------------------------------------------------

  function automatic logic [63:0] block_of(logic [63:0] addr, logic [SZ_W-1:0] sz);
    return addr >> SIZES[sz];
  endfunction

  function automatic set_t set_of(logic [CTX_W-1:0] ctx, logic [63:0] block);
    logic [63:0] hash;
    hash = ctx * 64'hd6e8feb86659fd93 ^ block * 64'h9e3779b97f4a7c15;
    if (N == 1) return '0;
    return INDEX == 1 ? set_t'(hash >> (64 - SET_W)) : set_t'(block);
  endfunction

  function automatic way_t first_of(ways_t ways);    // the lowest that is set
    first_of = '0;
    for (int w = WAYS - 1; w >= 0; w--)
      if (ways[w]) first_of = way_t'(w);
  endfunction

  // ---- contents ------------------------------------------------------------------------------------------

  logic [N-1:0][WAYS-1:0] valid_q;                   // the rest means nothing where this is clear: not reset

  key_t                           lookup_key [N_SIZES][WAYS];
  logic [WAYS-1:0][PAYLOAD_W-1:0] lookup_payload;
  key_t                           fill_key [WAYS];
  ways_t                          sweep_kill;

  set_t  l_set [N_SIZES];                            // lookup: of each size
  set_t  h_set;                                      // of the hit
  logic  l_go, h_any;
  set_t  f_set;
  way_t  f_way;
  logic  f_go;
  key_t  f_key;
  set_t  sweep_set_q;
  logic  sweeping_q;
  match_t match_q;

  function automatic logic removes(match_t m, key_t k, logic [TAG_W-1:0] tag);
    logic [63:0] lo, hi;
    logic        tag_fits;
    lo       = 64'(k.base) << SIZES[0];
    hi       = lo + ((64'd1 << SIZES[k.sz]) - 64'd1);
    tag_fits = m.n_tag == '0;
    for (int i = 0; i < 2; i++)
      if (m.n_tag > 2'(i)) tag_fits |= (tag & m.tag_mask[i]) == m.tag_value[i];
    return tag_fits && (k.ctx & m.ctx_mask) == m.ctx_value && (!m.by_addr || (lo <= m.last && hi >= m.first));
  endfunction

  for (genvar w = 0; w < WAYS; w++) begin : g_way
    key_t                 key_q [N];
    logic [TAG_W-1:0]     tag_q [N];
    logic [PAYLOAD_W-1:0] payload_q [N];

    always_ff @(posedge clk)
      if (f_go && f_way == way_t'(w)) begin
        key_q[f_set]     <= f_key;
        tag_q[f_set]     <= fill_tag;
        payload_q[f_set] <= fill_payload;
      end

    for (genvar s = 0; s < N_SIZES; s++) begin : g_size
      assign lookup_key[s][w] = key_q[l_set[s]];
    end
    assign lookup_payload[w] = payload_q[h_set];
    assign fill_key[w]       = key_q[f_set];
    assign sweep_kill[w]     = valid_q[sweep_set_q][w] &&
                               removes(match_q, key_q[sweep_set_q], tag_q[sweep_set_q]);

    // Nothing that an invalidation removes is there when it is done.
    always_ff @(posedge clk)
      if (rst_n && inval_done)
        for (int n = 0; n < N; n++)
          all_gone: assert (!valid_q[n][w] || !removes(match_q, key_q[n], tag_q[n]));
  end

  always_ff @(posedge clk)
    if (!rst_n)          valid_q <= '0;
    else if (sweeping_q) valid_q[sweep_set_q] <= valid_q[sweep_set_q] & ~sweep_kill;
    else if (f_go)       valid_q[f_set][f_way] <= 1'b1;

  // ---- lookup --------------------------------------------------------------------------------------------

  typedef struct packed {
    logic                 valid;
    logic                 hit;
    logic [5:0]           size;
    logic [PAYLOAD_W-1:0] payload;
  } result_t;

  logic [N_SIZES-1:0][WAYS-1:0] l_match;
  ways_t                        h_match;
  logic [5:0]                   h_size;
  result_t                      result;

  always_comb begin
    for (int s = 0; s < N_SIZES; s++) l_set[s] = set_of(lookup_ctx, block_of(lookup_addr, SZ_W'(s)));
  end

  always_comb begin
    for (int s = 0; s < N_SIZES; s++)
      for (int w = 0; w < WAYS; w++)
        l_match[s][w] = valid_q[l_set[s]][w] && lookup_key[s][w].ctx == lookup_ctx &&
                        lookup_key[s][w].sz == SZ_W'(s) &&
                        block_of(64'(lookup_key[s][w].base) << SIZES[0], SZ_W'(s)) ==
                        block_of(lookup_addr, SZ_W'(s));
  end

  always_comb begin                                  // the last that hits is the answer
    h_match = '0;
    h_set   = '0;
    h_size  = '0;
    for (int i = 0; i < N_SIZES; i++) begin
      automatic int s = PROBE == 0 ? i : N_SIZES - 1 - i;
      if (|l_match[s]) begin
        h_match = l_match[s];
        h_set   = l_set[s];
        h_size  = SIZES[s];
      end
    end
  end

  assign l_go  = lookup_valid && ready;
  assign h_any = l_go && |h_match;

  always_comb begin
    result       = '0;
    result.valid = l_go;
    result.hit   = h_any;
    if (h_any) begin
      result.size = h_size;
      for (int w = 0; w < WAYS; w++)
        if (h_match[w]) result.payload |= lookup_payload[w];
    end
  end

  result_t [LATENCY-1:0] pipe_q;                     // the youngest at 0

  if (LATENCY == 1) begin : g_short
    always_ff @(posedge clk)
      if (!rst_n) pipe_q <= '0;
      else        pipe_q <= result;
  end else begin : g_long
    always_ff @(posedge clk)
      if (!rst_n) pipe_q <= '0;
      else        pipe_q <= {pipe_q[LATENCY-2:0], result};
  end

  assign {hit_valid, hit, hit_size, hit_payload} = pipe_q[LATENCY-1];

  // ---- which way a fill takes ----------------------------------------------------------------------------

  function automatic tree_t touched(tree_t tree, way_t leaf);
    int node;
    touched = tree;
    node    = 1;
    for (int d = DEPTH - 1; d >= 0; d--) begin
      touched[node] = !leaf[d];
      node = node * 2 + int'(leaf[d]);
    end
  endfunction

  // Ways that do not exist are passed over.
  function automatic way_t victim_of(tree_t tree);
    int   node, leaf;
    logic high;
    node = 1;
    leaf = 0;
    for (int d = DEPTH - 1; d >= 0; d--) begin
      high = tree[node] && leaf + (1 << d) < WAYS;
      leaf = leaf + (high ? 1 << d : 0);
      node = node * 2 + int'(high);
    end
    return way_t'(leaf);
  endfunction

  logic [SZ_W-1:0] f_sz;
  logic            f_known;
  ways_t           f_match;
  way_t            victim;
  logic            draw;                             // the policy says which way

  always_comb begin
    f_sz    = '0;
    f_known = 1'b0;
    for (int s = 0; s < N_SIZES; s++)
      if (fill_size == SIZES[s]) begin
        f_sz    = SZ_W'(s);
        f_known = 1'b1;
      end
    f_key.ctx  = fill_ctx;
    f_key.base = BASE_W'(block_of(fill_base, f_sz) << SIZES[f_sz] >> SIZES[0]);
    f_key.sz   = f_sz;
    f_set      = set_of(fill_ctx, block_of(fill_base, f_sz));
  end

  always_comb begin
    for (int w = 0; w < WAYS; w++) f_match[w] = valid_q[f_set][w] && fill_key[w] == f_key;
  end

  assign f_go = fill_valid && ready && f_known && SETS > 0 && (FILL_IN_FLUSH || !inval_valid);
  assign draw = f_go && f_match == '0 && !(INVALID_FIRST && valid_q[f_set] != '1);

  always_comb begin
    f_way = victim;
    if (INVALID_FIRST && valid_q[f_set] != '1) f_way = first_of(~valid_q[f_set]);
    if (f_match != '0)                         f_way = first_of(f_match);
  end

  if (POLICY == TREE_PLRU) begin : g_tree
    logic [N-1:0][LEAVES-1:0] tree_q;
    tree_t                    h_tree, f_tree;

    assign h_tree = touched(tree_q[h_set], first_of(h_match));
    assign f_tree = h_any && h_set == f_set ? h_tree : tree_q[f_set];
    assign victim = victim_of(f_tree);

    always_ff @(posedge clk)
      if (!rst_n) tree_q <= '0;
      else begin
        if (h_any)                 tree_q[h_set] <= h_tree;
        if (f_go && TOUCH_ON_FILL) tree_q[f_set] <= touched(f_tree, f_way);
      end
    wire unused = draw;
  end else if (POLICY == ROUND_ROBIN) begin : g_turn
    logic [N-1:0][WAY_W-1:0] next_q;

    assign victim = next_q[f_set];

    always_ff @(posedge clk)
      if (!rst_n)    next_q <= '0;
      else if (draw) next_q[f_set] <= victim == way_t'(WAYS - 1) ? '0 : victim + 1'b1;
  end else begin : g_lfsr
    logic [15:0] lfsr_q;                             // x^16 + x^14 + x^13 + x^11 + 1

    assign victim = way_t'((32'(lfsr_q) * 32'(WAYS)) >> 16);

    always_ff @(posedge clk)
      if (!rst_n)    lfsr_q <= 16'hace1;
      else if (draw) lfsr_q <= {lfsr_q[0] ^ lfsr_q[2] ^ lfsr_q[3] ^ lfsr_q[5], lfsr_q[15:1]};
  end

  always_ff @(posedge clk)
    if (!rst_n) {filled, fill_evicted, fill_way} <= '0;
    else begin
      filled       <= f_go;
      fill_evicted <= f_go && f_match == '0 && valid_q[f_set][f_way];
      fill_way     <= f_go ? 16'(f_way) : '0;
    end

  // ---- the sweep -----------------------------------------------------------------------------------------

  typedef logic [CNT_W-1:0] count_t;

  // Sets that a match's blocks of one size are in.
  function automatic count_t sets_of(logic [63:0] lo, logic [63:0] hi, logic [SZ_W-1:0] sz);
    logic [63:0] more;
    more = block_of(hi, sz) - block_of(lo, sz);
    return more >= 64'(N) ? count_t'(N) : count_t'(more) + 1'b1;
  endfunction

  logic            short_q;                          // size by size
  logic [SZ_W-1:0] size_q;
  count_t          left_q;                           // sets, with the one in sweep_set_q
  count_t          short_sets;
  logic            short_in, last_size;
  logic [SZ_W-1:0] next_size;

  always_comb begin
    short_sets = '0;
    for (int s = 0; s < N_SIZES; s++) short_sets += sets_of(inval_match.first, inval_match.last, SZ_W'(s));
  end

  assign ready     = !sweeping_q;
  assign short_in  = inval_match.by_addr && INDEX == 0 && short_sets < count_t'(N);
  assign last_size = !short_q || size_q == SZ_W'(N_SIZES - 1);
  assign next_size = size_q + 1'b1;

  always_ff @(posedge clk)
    if (!rst_n) begin
      sweeping_q  <= 1'b0;
      short_q     <= 1'b0;
      size_q      <= '0;
      left_q      <= '0;
      sweep_set_q <= '0;
      inval_done  <= 1'b0;
      match_q     <= '0;
    end else begin
      inval_done <= 1'b0;
      if (ready && inval_valid) begin
        sweeping_q  <= 1'b1;
        match_q     <= inval_match;
        short_q     <= short_in;
        size_q      <= '0;
        left_q      <= short_in ? sets_of(inval_match.first, inval_match.last, '0) : count_t'(N);
        sweep_set_q <= short_in ? set_t'(block_of(inval_match.first, '0)) : '0;
      end else if (sweeping_q) begin
        left_q      <= left_q - 1'b1;
        sweep_set_q <= sweep_set_q + 1'b1;
        if (left_q == count_t'(1)) begin
          size_q      <= next_size;
          left_q      <= sets_of(match_q.first, match_q.last, next_size);
          sweep_set_q <= set_t'(block_of(match_q.first, next_size));
          sweeping_q  <= !last_size;
          inval_done  <= last_size;
        end
      end
    end

  // ---- what holds, and what has to be seen ---------------------------------------------------------------

  for (genvar s = 0; s < N_SIZES; s++) begin : g_one_hit
    one_hit: assert property (@(posedge clk) disable iff (!rst_n) $onehot0(l_match[s]));
  end

  one_place:     assert property (@(posedge clk) disable iff (!rst_n) f_go |-> $onehot0(f_match));
  way_exists:    assert property (@(posedge clk) disable iff (!rst_n) f_go |-> 32'(f_way) < WAYS);
  fill_is_there: assert property (@(posedge clk) disable iff (!rst_n) f_go |=> valid_q[$past(f_set)][$past(f_way)]);
  nothing_else:  assert property (@(posedge clk) disable iff (!rst_n) hit_valid || !hit);
  miss_is_empty: assert property (@(posedge clk) disable iff (!rst_n) hit || (hit_size == '0 && hit_payload == '0));
  sweep_is_long: assert property (@(posedge clk) disable iff (!rst_n)
    sweeping_q |-> left_q != '0 && left_q <= count_t'(N));
  done_is_ready: assert property (@(posedge clk) disable iff (!rst_n) inval_done |-> ready);
  none_is_empty: assert property (@(posedge clk) disable iff (!rst_n) SETS > 0 || valid_q == '0);
  known_size:    assume property (@(posedge clk) disable iff (!rst_n) fill_valid |-> f_known);

  if (SETS > 0) begin : g_cover
    logic same, evicts;

    assign same   = h_any && f_go && h_set == f_set;
    assign evicts = f_go && f_match == '0 && valid_q[f_set][f_way];

    hit_and_fill:    cover property (@(posedge clk) disable iff (!rst_n) same);
    hit_overwritten: cover property (@(posedge clk) disable iff (!rst_n) same && h_match == f_match);
    overwrites:      cover property (@(posedge clk) disable iff (!rst_n) f_go && f_match != '0);
    evicts_one:      cover property (@(posedge clk) disable iff (!rst_n) evicts);
    fills_free:      cover property (@(posedge clk) disable iff (!rst_n)
      f_go && f_match == '0 && !valid_q[f_set][f_way]);
    hit_with_inval:  cover property (@(posedge clk) disable iff (!rst_n) h_any && inval_valid);
    fill_with_inval: cover property (@(posedge clk) disable iff (!rst_n) fill_valid && ready && inval_valid);
    inval_at_once:   cover property (@(posedge clk) disable iff (!rst_n) inval_done && inval_valid);
    removes_some:    cover property (@(posedge clk) disable iff (!rst_n) sweeping_q && sweep_kill != '0);
    spares_some:     cover property (@(posedge clk) disable iff (!rst_n)
      sweeping_q && (valid_q[sweep_set_q] & ~sweep_kill) != '0);
    if (POLICY != TREE_PLRU || WAYS == 1) begin : g_untouched
      hit_evicted:   cover property (@(posedge clk) disable iff (!rst_n) same && evicts && h_match[f_way]);
    end
    if (WAYS > 1) begin : g_ways
      removes_two:   cover property (@(posedge clk) disable iff (!rst_n)
        sweeping_q && (sweep_kill & (sweep_kill - 1'b1)) != '0);
    end
    if (N_SIZES > 1) begin : g_sizes
      two_sizes:     cover property (@(posedge clk) disable iff (!rst_n) h_any && l_match[0] != '0 && l_match[1] != '0);
      all_sizes:     cover property (@(posedge clk) disable iff (!rst_n)
        h_any && l_match[0] != '0 && l_match[N_SIZES-1] != '0);
    end
    if (N > N_SIZES + 1 && INDEX == 0) begin : g_short
      short_sweep:   cover property (@(posedge clk) disable iff (!rst_n) sweeping_q && short_q);
      goes_round:    cover property (@(posedge clk) disable iff (!rst_n)
        sweeping_q && short_q && sweep_set_q == '1 && left_q > count_t'(1));
    end
  end

endmodule
