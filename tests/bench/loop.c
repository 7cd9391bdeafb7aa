/* loop.c - libpcap's loop and nothing else: what reading a capture costs at least. */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    struct pcap_pkthdr *header;
    const u_char *data;
    unsigned long long packets = 0;

    if (!pcap) {
        fprintf(stderr, "usage: loop FILE\n");
        return 2;
    }
    while (pcap_next_ex(pcap, &header, &data) == 1) {
        packets++;
    }
    printf("%llu packets\n", packets);
    pcap_close(pcap);
    return 0;
}
