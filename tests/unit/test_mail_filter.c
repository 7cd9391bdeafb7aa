/* test_mail_filter.c - which frames the kernel filter of a live capture lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "capture/mail_filter.h"
#include "tests/unit/memory_file.h"

/* clang-format off */
#define MACS  "\2\0\0\0\0\1" "\2\0\0\0\0\2"
#define VLAN  "\x81\0\0\7"
#define SVLAN "\x88\xa8\0\7"
#define IP4(fragment, protocol) "\x45\0\0\x28" "\0\1" fragment "\x40" protocol "\0\0" "\x0a\0\0\1" "\x0a\0\0\2"
#define IP6(next) "\x60\0\0\0\0\x14" next "\x40" "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
#define PORTS(from, to) from to "\0\0\0\1\0\0\0\0\x50\x02\0\x64\0\0\0\0"
#define P25   "\0\x19"
#define P465  "\1\xd1"
#define P80   "\0\x50"
#define HIGH  "\x9c\x40"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct {
    const char *label;
    struct bytes frame; /* from the EtherType on; the addresses go before */
    bool passes, passes_untagged; /* with and without the part about VLANs */
} frames[] = {
    {"TCP to 25", BYTES_INIT("\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P25)), true, true},
    {"TCP from 465", BYTES_INIT("\x08\0" IP4("\0\0", "\6") PORTS(P465, HIGH)), true, true},
    {"TCP to 80", BYTES_INIT("\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P80)), false, false},
    {"UDP to 25", BYTES_INIT("\x08\0" IP4("\0\0", "\x11") PORTS(HIGH, P25)), false, false},
    {"later fragment of TCP", BYTES_INIT("\x08\0" IP4("\0\5", "\6") PORTS(HIGH, P80)), true, true},
    {"later fragment of UDP", BYTES_INIT("\x08\0" IP4("\0\5", "\x11") PORTS(HIGH, P80)), false, false},
    {"first fragment to 80", BYTES_INIT("\x08\0" IP4("\x20\0", "\6") PORTS(HIGH, P80)), false, false},
    {"ICMP unreachable", BYTES_INIT("\x08\0" IP4("\0\0", "\1") "\3\1" ZEROS), true, true},
    {"ICMP time exceeded", BYTES_INIT("\x08\0" IP4("\0\0", "\1") "\x0b\0" ZEROS), true, true},
    {"ICMP echo", BYTES_INIT("\x08\0" IP4("\0\0", "\1") "\x08\0" ZEROS), false, false},
    {"IPv6 TCP to 25", BYTES_INIT("\x86\xdd" IP6("\6") PORTS(HIGH, P25)), true, true},
    {"IPv6 TCP to 80", BYTES_INIT("\x86\xdd" IP6("\6") PORTS(HIGH, P80)), false, false},
    {"ICMPv6 packet too big", BYTES_INIT("\x86\xdd" IP6("\x3a") "\2\0" ZEROS), true, true},
    {"ICMPv6 neighbour solicitation", BYTES_INIT("\x86\xdd" IP6("\x3a") "\x87\0" ZEROS), false, false},
    {"IPv6 fragment of TCP", BYTES_INIT("\x86\xdd" IP6("\x2c") "\6\0\0\1" ZEROS), true, true},
    {"IPv6 fragment of UDP", BYTES_INIT("\x86\xdd" IP6("\x2c") "\x11\0\0\1" ZEROS), false, false},
    {"IPv6 options, then TCP", BYTES_INIT("\x86\xdd" IP6("\0") "\6\0\0\0\0\0\0\0" PORTS(HIGH, P25)), true, true},
    {"IPv6 options, then ICMPv6 (group reports)", BYTES_INIT("\x86\xdd" IP6("\0") "\x3a\0\5\2\0\0\0\0" ZEROS), false, false},
    {"ARP", BYTES_INIT("\x08\6" "\0\1\x08\0\6\4\0\1" ZEROS ZEROS), false, false},
    {"tag, TCP to 25", BYTES_INIT(VLAN "\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P25)), true, false},
    {"tag, TCP to 80", BYTES_INIT(VLAN "\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P80)), false, false},
    {"tag, ICMP unreachable", BYTES_INIT(VLAN "\x08\0" IP4("\0\0", "\1") "\3\1" ZEROS), true, false},
    {"tag, IPv6 TCP to 25", BYTES_INIT(VLAN "\x86\xdd" IP6("\6") PORTS(HIGH, P25)), true, false},
    {"two tags, TCP to 25", BYTES_INIT(SVLAN VLAN "\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P25)), true, false},
    {"two tags, TCP to 80", BYTES_INIT(SVLAN VLAN "\x08\0" IP4("\0\0", "\6") PORTS(HIGH, P80)), false, false},
    {"cut behind the EtherType", BYTES_INIT("\x08\0"), false, false},
    {"cut before the ports", BYTES_INIT("\x08\0" IP4("\0\0", "\6")), false, false},
};
/* clang-format on */

static void compile(const uint16_t *ports, size_t count, bool vlan, struct bpf_program *program)
{
    char expression[MAIL_FILTER_MAX];
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    assert_true(mail_filter_write(ports, count, vlan, expression));
    if (pcap_compile(dead, program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        fail_msg("%s: %s", pcap_geterr(dead), expression);
    }
    pcap_close(dead);
}

static bool passes(const struct bpf_program *program, struct bytes rest)
{
    uint8_t frame[200];
    assert_true(12 + rest.len <= sizeof frame);
    memcpy(frame, MACS, 12);
    memcpy(frame + 12, rest.data, rest.len);
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)(12 + rest.len),
                                 .len = (bpf_u_int32)(12 + rest.len)};
    return pcap_offline_filter(program, &header, frame) != 0;
}

static void test_frames(void **state)
{
    (void)state;
    static const uint16_t ports[] = {25, 465, 587};
    struct bpf_program with, without;
    compile(ports, 3, true, &with);
    compile(ports, 3, false, &without);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        print_message("  %s\n", frames[i].label);
        assert_int_equal(passes(&with, frames[i].frame), frames[i].passes);
        assert_int_equal(passes(&without, frames[i].frame), frames[i].passes_untagged);
    }
    pcap_freecode(&with);
    pcap_freecode(&without);
}

/* As many ports as an operator may name fit into a program the kernel takes (4096 instructions). */
static void test_many_ports(void **state)
{
    (void)state;
    uint16_t ports[64];
    struct bpf_program program;
    for (uint16_t i = 0; i < 64; i++) {
        ports[i] = (uint16_t)(60000 + i);
    }
    compile(ports, 64, true, &program);
    assert_true(program.bf_len <= 4096);
    assert_false(passes(&program, frames[0].frame)); /* 25 is not among them */
    pcap_freecode(&program);
}

static void test_does_not_fit(void **state)
{
    (void)state;
    static uint16_t ports[3000];
    char expression[MAIL_FILTER_MAX];
    for (size_t i = 0; i < 3000; i++) {
        ports[i] = 65535;
    }
    assert_false(mail_filter_write(ports, 3000, false, expression));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_many_ports),
        cmocka_unit_test(test_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
