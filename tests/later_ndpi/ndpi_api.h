/* ndpi_api.h - as much of nDPI's interface as dissect/classify.c uses, in the shape of the version
 * that STUB_MAJOR and STUB_MINOR name. Written for the test beside it; nothing of it is ever
 * linked.
 *
 *   4.6   ndpi_detection_process_packet has a sixth argument
 *   4.10  the module is made in a global context; finalizing may fail
 *   5.0   there is no bitmask of protocols any more
 */
#ifndef NDPI_API_H
#define NDPI_API_H

#include <stdint.h>

#define NDPI_MAJOR      STUB_MAJOR
#define NDPI_MINOR      STUB_MINOR
#define STUB_FROM(a, b) (STUB_MAJOR > (a) || (STUB_MAJOR == (a) && STUB_MINOR >= (b)))

typedef struct {
    uint16_t master_protocol, app_protocol;
} ndpi_protocol;
typedef enum { NDPI_CONFIDENCE_UNKNOWN, NDPI_CONFIDENCE_DPI } ndpi_confidence_t;
enum { NDPI_PROTOCOL_UNKNOWN, NDPI_PROTOCOL_TLS = 91, NDPI_PROTOCOL_SIZE = 2 };

struct ndpi_detection_module_struct;
struct ndpi_flow_struct {
    uint16_t detected_protocol_stack[NDPI_PROTOCOL_SIZE];
    ndpi_confidence_t confidence;
#if !STUB_FROM(4, 4) /* later ones moved some: nothing of it may be touched */
    char host_server_name[80];
    struct {
        struct {
            char ja3_client[33], ja3_server[33];
            uint16_t server_cipher, ssl_version;
        } tls_quic;
    } protos;
#endif
};

#if STUB_FROM(4, 6)
struct ndpi_flow_input_info;
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
                                            struct ndpi_flow_struct *flow,
                                            const unsigned char *packet,
                                            const unsigned short packetlen,
                                            const uint64_t packet_time_ms,
                                            struct ndpi_flow_input_info *input_info);
#else
ndpi_protocol ndpi_detection_process_packet(struct ndpi_detection_module_struct *module,
                                            struct ndpi_flow_struct *flow,
                                            const unsigned char *packet,
                                            const unsigned short packetlen,
                                            const uint64_t packet_time_ms);
#endif

#if STUB_FROM(4, 10)
struct ndpi_global_context;
struct ndpi_detection_module_struct *
ndpi_init_detection_module(struct ndpi_global_context *context);
int ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
#else
typedef enum { ndpi_no_prefs } ndpi_init_prefs;
struct ndpi_detection_module_struct *ndpi_init_detection_module(uint32_t prefs);
void ndpi_finalize_initialization(struct ndpi_detection_module_struct *module);
#endif

#if !STUB_FROM(5, 0)
typedef struct {
    uint32_t bits[16];
} NDPI_PROTOCOL_BITMASK;
#define NDPI_BITMASK_SET_ALL(m)                                                                    \
    do {                                                                                           \
        for (int i_ = 0; i_ < 16; i_++) {                                                          \
            (m).bits[i_] = UINT32_MAX;                                                             \
        }                                                                                          \
    } while (0)
int ndpi_set_protocol_detection_bitmask2(struct ndpi_detection_module_struct *module,
                                         const NDPI_PROTOCOL_BITMASK *mask);
#endif

uint32_t ndpi_detection_get_sizeof_ndpi_flow_struct(void);
char *ndpi_get_proto_name(struct ndpi_detection_module_struct *module, uint16_t id);
void ndpi_free_flow_data(struct ndpi_flow_struct *flow);
void ndpi_exit_detection_module(struct ndpi_detection_module_struct *module);
char *ndpi_revision(void);

#endif
