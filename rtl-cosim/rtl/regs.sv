// SPDX-License-Identifier: Apache-2.0
//
// regs - the register file at SMMUv3's offsets, both pages.  Behaves as model/arch/smmuv3/regfile.h says.
//
// An access is taken in the cycle in which reg_valid is set (reg_ready is always set); a read's data is there in
// the next cycle, with reg_rvalid.  A write is in force from the next cycle on.  Accesses that are neither of 4 nor
// of 8 bytes, or not aligned, read as zero and write nothing; 8 bytes at two registers of 4 are two accesses.
//
// Identification registers are constants, made of the localparams below: both stages, AArch64, 4K granule, 48 bits,
// 16-bit ASIDs and VMIDs, two-level stream and CD tables, range invalidation; no hardware update of descriptors,
// stalls, ATS, PRI, message signalled interrupts, EL2 or attribute overrides.
//
// CR0ACK follows CR0 field by field when the change has taken effect, until when the field cannot change again:
//   SMMUEN    set: at once.  Cleared: all transactions taken before have been answered (fence)
//   CMDQEN    cleared: the command under way has ended (cmdq_idle)
//   EVENTQEN  cleared: no record is being written (evtq_idle)
// A GBPA update is in force at once and acknowledged by the fence, too.  fence_start is set for one cycle: fence_done
// has to stay low from the next cycle on until no transaction is left that was taken before or in that cycle.
//
// Interrupts are pulses of one cycle: bit 0 a global error became active, 1 a record came into an empty queue (each
// if IRQ_CTRL enables it), 2 a CMD_SYNC asked for one.

module regs
  import iommu_pkg::*;
  import smmuv3_fields_pkg::*;
#(
  parameter int SIDSIZE  = 16,
  parameter int SSIDSIZE = 20,
  parameter int CMDQS    = 19,
  parameter int EVENTQS  = 19
) (
  input  logic              clk,
  input  logic              rst_n,
  // the driver's accesses
  input  logic              reg_valid,
  input  logic              reg_write,
  input  logic [3:0]        reg_bytes,
  input  logic [31:0]       reg_offset,
  input  logic [63:0]       reg_wdata,
  output logic              reg_ready,
  output logic              reg_rvalid,
  output logic [63:0]       reg_rdata,
  // translation
  output regs_t             ctl,
  output logic              fence_start,
  input  logic              fence_done,
  // command queue
  output logic              cmdq_run,        // enabled, no error that is not acknowledged
  output logic [PA_W-1:0]   cmdq_base,
  output logic [4:0]        cmdq_log2,
  output logic [19:0]       cmdq_prod,
  output logic [19:0]       cmdq_cons,
  input  logic              cmdq_step,       // the command at cmdq_cons is consumed
  input  logic              cmdq_stop,       // or in error
  input  logic [1:0]        cmdq_error,      // enum smmuv3_cerror
  input  logic              cmdq_irq,
  input  logic              cmdq_idle,
  output logic              init_start,      // S_INIT: held until init_done
  input  logic              init_done,
  // event queue
  output logic              evtq_on,         // enabled, no write has aborted
  output logic [PA_W-1:0]   evtq_base,
  output logic [4:0]        evtq_log2,
  output logic [19:0]       evtq_prod,
  output logic [19:0]       evtq_cons,
  input  logic              evtq_step,       // a record has been written
  input  logic              evtq_lost,       // one found the queue full
  input  logic              evtq_abort,      // writing one aborted
  input  logic              evtq_idle,
  output logic [2:0]        irq
);

  // ---- identification -------------------------------------------------------------------------------

  localparam logic [31:0] IDR0 =
      32'd1 << IDR0_S2P_LO | 32'd1 << IDR0_S1P_LO | 32'd2 << IDR0_TTF_LO | 32'd1 << IDR0_COHACC_LO |
      32'd1 << IDR0_ASID16_LO | 32'd1 << IDR0_VMID16_LO | 32'd1 << IDR0_CD2L_LO | 32'd2 << IDR0_TTENDIAN_LO |
      32'd1 << IDR0_STALL_MODEL_LO | 32'd1 << IDR0_ST_LEVEL_LO;
  localparam logic [31:0] IDR1 =
      32'(SIDSIZE) << IDR1_SIDSIZE_LO | 32'(SSIDSIZE) << IDR1_SSIDSIZE_LO |
      32'(EVENTQS) << IDR1_EVENTQS_LO | 32'(CMDQS) << IDR1_CMDQS_LO;
  localparam logic [31:0] IDR3 = 32'd1 << IDR3_HAD_LO | 32'd1 << IDR3_RIL_LO;
  localparam logic [31:0] IDR5 = 32'd5 << IDR5_OAS_LO | 32'd1 << IDR5_GRAN4K_LO;
  localparam logic [31:0] AIDR = 32'd2 << AIDR_MINOR_LO;

  // ---- what may be written --------------------------------------------------------------------------

  // The fields of each layout that this design has.
  localparam logic [31:0] CR0_BITS =
      32'd1 << CR0_SMMUEN_LO | 32'd1 << CR0_EVENTQEN_LO | 32'd1 << CR0_CMDQEN_LO;
  localparam logic [31:0] CR1_QUEUES  = 32'h03f;
  localparam logic [31:0] CR1_TABLES  = 32'hfc0;
  localparam logic [31:0] CR2_BITS    = 32'd1 << CR2_RECINVSID_LO;
  localparam logic [31:0] GBPA_BITS   = 32'h801f_3f1f;
  localparam logic [31:0] IRQ_BITS    = 32'd1 << IRQ_CTRL_GERROR_LO | 32'd1 << IRQ_CTRL_EVENTQ_LO;
  localparam logic [31:0] GERROR_BITS =
      32'd1 << GERROR_CMDQ_ERR_LO | 32'd1 << GERROR_EVENTQ_ABT_ERR_LO | 32'd1 << GERROR_SFM_ERR_LO;
  localparam logic [63:0] STRTAB_BITS = 64'h400f_ffff_ffff_ffc0;
  localparam logic [31:0] STCFG_BITS  = 32'h0003_07ff;
  localparam logic [63:0] QBASE_BITS  = 64'h40ff_ffff_ffff_ffff;
  localparam logic [31:0] INDEX_BITS  = 32'h000f_ffff;
  localparam logic [31:0] OUTQ_BITS   = 32'h800f_ffff;

  logic [31:0] cr0_q, cr0ack_q, cr1_q, cr2_q, gbpa_q, irq_ctrl_q, irq_ctrlack_q, gerror_q, gerrorn_q;
  logic [31:0] strtab_cfg_q, cmdq_prod_q, evtq_prod_q, evtq_cons_q;
  logic [63:0] strtab_q, cmdq_base_q, evtq_base_q;
  logic [19:0] cmdq_cons_q;
  logic [1:0]  cmdq_err_q;
  logic        init_q;

  // ---- the access -----------------------------------------------------------------------------------

  logic        legal, we, wide, even, odd;
  logic [31:0] at, data_even, data_odd;      // at: of the 8 bytes in which it is

  assign wide      = reg_bytes == 4'd8;
  assign legal     = (wide && reg_offset[2:0] == '0) || (reg_bytes == 4'd4 && reg_offset[1:0] == '0);
  assign we        = reg_valid && reg_write && legal;
  assign even      = wide || !reg_offset[2];
  assign odd       = wide || reg_offset[2];
  assign data_even = reg_wdata[31:0];
  assign data_odd  = wide ? reg_wdata[63:32] : reg_wdata[31:0];
  assign at        = {reg_offset[31:3], 3'b0} == 32'h0a8 ? 32'(REG_EVENTQ_PROD) : {reg_offset[31:3], 3'b0};
  assign reg_ready = 1'b1;

  // A write of `next` to the bits `of` of a register.
  function automatic logic [31:0] put(input logic [31:0] was, input logic [31:0] next, input logic [31:0] of);
    return (was & ~of) | (next & of);
  endfunction

  function automatic logic [63:0] put64(input logic [63:0] was, input logic [31:0] lo, input logic [31:0] hi,
                                        input logic [63:0] of, input logic do_lo, input logic do_hi);
    return {do_hi ? put(was[63:32], hi, of[63:32]) : was[63:32], do_lo ? put(was[31:0], lo, of[31:0]) : was[31:0]};
  endfunction

  logic [31:0] on;                           // in CR0 or, still, in CR0ACK
  assign on = cr0_q | cr0ack_q;

  logic [63:0] rdata;

  always_comb begin
    rdata = '0;
    case (at)
      32'(REG_IDR0):            rdata = {IDR1, IDR0};
      32'h008:                  rdata = {IDR3, 32'h0};
      32'h010:                  rdata = {IDR5, 32'h0};
      32'h018:                  rdata = {AIDR, 32'h0};
      32'(REG_CR0):             rdata = {cr0ack_q, cr0_q};
      32'(REG_CR1):             rdata = {cr2_q, cr1_q};
      32'h040:                  rdata = {gbpa_q, 32'h0};
      32'(REG_IRQ_CTRL):        rdata = {irq_ctrlack_q, irq_ctrl_q};
      32'(REG_GERROR):          rdata = {gerrorn_q, gerror_q};
      32'(REG_STRTAB_BASE):     rdata = strtab_q;
      32'(REG_STRTAB_BASE_CFG): rdata = {32'h0, strtab_cfg_q};
      32'(REG_CMDQ_BASE):       rdata = cmdq_base_q;
      32'(REG_CMDQ_PROD):       rdata = {6'h0, cmdq_err_q, 4'h0, cmdq_cons_q, cmdq_prod_q};
      32'(REG_EVENTQ_BASE):     rdata = evtq_base_q;
      32'(REG_EVENTQ_PROD):     rdata = {evtq_cons_q, evtq_prod_q};
      32'h8038:                 rdata = {31'h0, init_q, 32'h0};
      default:                  rdata = '0;
    endcase
  end

  always_ff @(posedge clk)
    if (!rst_n) begin
      reg_rvalid <= 1'b0;
      reg_rdata  <= '0;
    end else begin
      reg_rvalid <= reg_valid && !reg_write;
      if (!reg_valid || reg_write || !legal) reg_rdata <= '0;
      else if (wide)                         reg_rdata <= rdata;
      else                                   reg_rdata <= {32'h0, reg_offset[2] ? rdata[63:32] : rdata[31:0]};
    end

  // ---- acknowledgement ------------------------------------------------------------------------------

  logic smmuen_off, gbpa_new;                // wait for a fence
  logic fencing_q, fence_smmuen_q, fence_gbpa_q, fenced;

  assign smmuen_off  = !cr0_q[CR0_SMMUEN_LO] && cr0ack_q[CR0_SMMUEN_LO];
  assign gbpa_new    = gbpa_q[GBPA_UPDATE_LO];
  assign fence_start = !fencing_q && (smmuen_off || gbpa_new);
  assign fenced      = fencing_q && fence_done;

  always_ff @(posedge clk)
    if (!rst_n) begin
      fencing_q      <= 1'b0;
      fence_smmuen_q <= 1'b0;
      fence_gbpa_q   <= 1'b0;
    end else if (fence_start) begin
      fencing_q      <= 1'b1;
      fence_smmuen_q <= smmuen_off;
      fence_gbpa_q   <= gbpa_new;
    end else if (fenced) begin
      fencing_q      <= 1'b0;
    end

  always_ff @(posedge clk)
    if (!rst_n) begin
      cr0ack_q      <= '0;
      irq_ctrlack_q <= '0;
    end else begin
      if (cr0_q[CR0_SMMUEN_LO])                   cr0ack_q[CR0_SMMUEN_LO] <= 1'b1;
      else if (fenced && fence_smmuen_q)          cr0ack_q[CR0_SMMUEN_LO] <= 1'b0;
      if (cr0_q[CR0_CMDQEN_LO] || cmdq_idle)      cr0ack_q[CR0_CMDQEN_LO] <= cr0_q[CR0_CMDQEN_LO];
      if (cr0_q[CR0_EVENTQEN_LO] || evtq_idle)    cr0ack_q[CR0_EVENTQEN_LO] <= cr0_q[CR0_EVENTQEN_LO];
      irq_ctrlack_q <= irq_ctrl_q;
    end

  // ---- control --------------------------------------------------------------------------------------

  logic [31:0] active;                       // errors
  logic        raise_cmdq, raise_evtq;

  assign active     = gerror_q ^ gerrorn_q;
  assign raise_cmdq = cmdq_stop && !active[GERROR_CMDQ_ERR_LO];
  assign raise_evtq = evtq_abort && !active[GERROR_EVENTQ_ABT_ERR_LO];

  always_ff @(posedge clk)
    if (!rst_n) begin
      cr0_q        <= '0;
      cr1_q        <= '0;
      cr2_q        <= '0;
      gbpa_q       <= '0;
      irq_ctrl_q   <= '0;
      gerror_q     <= '0;
      gerrorn_q    <= '0;
      strtab_q     <= '0;
      strtab_cfg_q <= '0;
      init_q       <= 1'b0;
    end else begin
      if (we && at == 32'(REG_CR0) && even)
        cr0_q <= put(cr0_q, data_even, CR0_BITS & ~(cr0_q ^ cr0ack_q));
      if (we && at == 32'(REG_CR1) && even)
        cr1_q <= put(cr1_q, data_even, (on[CR0_SMMUEN_LO] ? '0 : CR1_TABLES) |
                                       (on[CR0_CMDQEN_LO] || on[CR0_EVENTQEN_LO] ? '0 : CR1_QUEUES));
      if (we && at == 32'(REG_CR1) && odd && !on[CR0_SMMUEN_LO])
        cr2_q <= put(cr2_q, data_odd, CR2_BITS);
      if (we && at == 32'h040 && odd && data_odd[GBPA_UPDATE_LO] && !gbpa_q[GBPA_UPDATE_LO])
        gbpa_q <= put(gbpa_q, data_odd, GBPA_BITS);
      else if (fenced && fence_gbpa_q)
        gbpa_q[GBPA_UPDATE_LO] <= 1'b0;
      if (we && at == 32'(REG_IRQ_CTRL) && even)
        irq_ctrl_q <= put(irq_ctrl_q, data_even, IRQ_BITS & ~(irq_ctrl_q ^ irq_ctrlack_q));
      if (we && at == 32'(REG_GERROR) && odd)
        gerrorn_q <= put(gerrorn_q, data_odd, GERROR_BITS);
      gerror_q[GERROR_CMDQ_ERR_LO]       <= gerror_q[GERROR_CMDQ_ERR_LO] ^ raise_cmdq;
      gerror_q[GERROR_EVENTQ_ABT_ERR_LO] <= gerror_q[GERROR_EVENTQ_ABT_ERR_LO] ^ raise_evtq;
      if (we && at == 32'(REG_STRTAB_BASE) && !on[CR0_SMMUEN_LO])
        strtab_q <= put64(strtab_q, data_even, data_odd, STRTAB_BITS, even, odd);
      if (we && at == 32'(REG_STRTAB_BASE_CFG) && even && !on[CR0_SMMUEN_LO])
        strtab_cfg_q <= put(strtab_cfg_q, data_even, STCFG_BITS);
      if (we && at == 32'h8038 && odd && data_odd[0] && !on[CR0_SMMUEN_LO])
        init_q <= 1'b1;
      else if (init_done)
        init_q <= 1'b0;
    end

  always_comb begin
    ctl             = '0;
    ctl.smmuen      = cr0_q[CR0_SMMUEN_LO];
    ctl.cmdqen      = cr0_q[CR0_CMDQEN_LO];
    ctl.eventqen    = cr0_q[CR0_EVENTQEN_LO];
    ctl.gbpa_abort  = gbpa_q[GBPA_ABORT_LO];
    ctl.strtab      = strtab_q[PA_W-1:0];
    ctl.strtab_log2 = strtab_cfg_q[STRTAB_BASE_CFG_LOG2SIZE_HI:STRTAB_BASE_CFG_LOG2SIZE_LO];
    ctl.split       = strtab_cfg_q[STRTAB_BASE_CFG_SPLIT_HI:STRTAB_BASE_CFG_SPLIT_LO];
    if (ctl.split != 5'd8 && ctl.split != 5'd10) ctl.split = 5'd6;
    ctl.two_level   = strtab_cfg_q[STRTAB_BASE_CFG_FMT_HI:STRTAB_BASE_CFG_FMT_LO] == 2'd1;
    ctl.recinvsid   = cr2_q[CR2_RECINVSID_LO];
  end

  assign init_start = init_q;

  // ---- queues ---------------------------------------------------------------------------------------

  // Log2 of its entries, and its base: aligned to its size, of at least 32 bytes.
  function automatic logic [4:0] log2_of(input logic [4:0] said, input int most);
    return int'(said) > most ? 5'(most) : said;
  endfunction

  function automatic logic [PA_W-1:0] base_of(input logic [PA_W-1:0] addr, input logic [4:0] bytes_log2);
    return addr & ~((PA_W'(1) << (bytes_log2 < 5'd5 ? 5'd5 : bytes_log2)) - PA_W'(1));
  endfunction

  function automatic logic [19:0] after(input logic [19:0] index, input logic [4:0] log2);
    return (index + 20'd1) & ((20'd2 << log2) - 20'd1);
  endfunction

  function automatic logic same(input logic [19:0] a, input logic [19:0] b, input logic [4:0] log2);
    return ((a ^ b) & ((20'd2 << log2) - 20'd1)) == '0;
  endfunction

  assign cmdq_log2 = log2_of(cmdq_base_q[4:0], CMDQS);
  assign cmdq_base = base_of(cmdq_base_q[PA_W-1:0], cmdq_log2 + 5'd4);
  assign cmdq_prod = cmdq_prod_q[19:0];
  assign cmdq_cons = cmdq_cons_q;
  assign cmdq_run  = cr0_q[CR0_CMDQEN_LO] && !active[GERROR_CMDQ_ERR_LO];
  assign evtq_log2 = log2_of(evtq_base_q[4:0], EVENTQS);
  assign evtq_base = base_of(evtq_base_q[PA_W-1:0], evtq_log2 + 5'd5);
  assign evtq_prod = evtq_prod_q[19:0];
  assign evtq_cons = evtq_cons_q[19:0];
  assign evtq_on   = cr0_q[CR0_EVENTQEN_LO] && !active[GERROR_EVENTQ_ABT_ERR_LO];

  always_ff @(posedge clk)
    if (!rst_n) begin
      cmdq_base_q <= '0;
      cmdq_prod_q <= '0;
      cmdq_cons_q <= '0;
      cmdq_err_q  <= '0;
      evtq_base_q <= '0;
      evtq_prod_q <= '0;
      evtq_cons_q <= '0;
    end else begin
      if (we && at == 32'(REG_CMDQ_BASE) && !on[CR0_CMDQEN_LO])
        cmdq_base_q <= put64(cmdq_base_q, data_even, data_odd, QBASE_BITS, even, odd);
      if (we && at == 32'(REG_CMDQ_PROD) && even)
        cmdq_prod_q <= put(cmdq_prod_q, data_even, INDEX_BITS);
      if (cmdq_step)
        cmdq_cons_q <= after(cmdq_cons_q, cmdq_log2);
      else if (we && at == 32'(REG_CMDQ_PROD) && odd && !on[CR0_CMDQEN_LO])
        cmdq_cons_q <= data_odd[19:0];
      if (cmdq_stop)
        cmdq_err_q <= cmdq_error;
      if (we && at == 32'(REG_EVENTQ_BASE) && !on[CR0_EVENTQEN_LO])
        evtq_base_q <= put64(evtq_base_q, data_even, data_odd, QBASE_BITS, even, odd);
      if (evtq_step)
        evtq_prod_q[19:0] <= after(evtq_prod, evtq_log2);
      else if (we && at == 32'(REG_EVENTQ_PROD) && even && !on[CR0_EVENTQEN_LO])
        evtq_prod_q <= put(evtq_prod_q, data_even, OUTQ_BITS);
      if (evtq_lost && evtq_prod_q[OUTQ_PROD_OVFLG_LO] == evtq_cons_q[OUTQ_CONS_OVACKFLG_LO])
        evtq_prod_q[OUTQ_PROD_OVFLG_LO] <= !evtq_prod_q[OUTQ_PROD_OVFLG_LO];
      if (we && at == 32'(REG_EVENTQ_PROD) && odd)
        evtq_cons_q <= put(evtq_cons_q, data_odd, OUTQ_BITS);
    end

  // ---- interrupts -----------------------------------------------------------------------------------

  always_ff @(posedge clk)
    if (!rst_n) irq <= '0;
    else irq <= {cmdq_irq, evtq_step && same(evtq_prod, evtq_cons, evtq_log2) && irq_ctrl_q[IRQ_CTRL_EVENTQ_LO],
                 (raise_cmdq || raise_evtq) && irq_ctrl_q[IRQ_CTRL_GERROR_LO]};

  // ---- what must hold -------------------------------------------------------------------------------

  ack_follows:  assert property (@(posedge clk) disable iff (!rst_n) (cr0ack_q & ~CR0_BITS) == '0);
  runs_enabled: assert property (@(posedge clk) disable iff (!rst_n) cmdq_step |-> on[CR0_CMDQEN_LO]);
  stop_is_news: assert property (@(posedge clk) disable iff (!rst_n) cmdq_stop |-> raise_cmdq);
  step_or_lost: assert property (@(posedge clk) disable iff (!rst_n) !(evtq_step && evtq_lost));
  turned_off:   cover property (@(posedge clk) disable iff (!rst_n) smmuen_off && fencing_q && !fence_done);
  overflowed:   cover property (@(posedge clk) disable iff (!rst_n) evtq_lost);
  both_errors:  cover property (@(posedge clk) disable iff (!rst_n) active[GERROR_CMDQ_ERR_LO] && active[GERROR_EVENTQ_ABT_ERR_LO]);

endmodule
