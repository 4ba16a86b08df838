/* A libmodbus client that is measured: MODE KIND SECONDS as arguments, the devices' ports on stdin, one line of JSON as outcome.
 * MODE: sequential (the first port) or concurrent (a thread for each port). KIND: read10, write10. Its times are taken as
 * benches/modbus/client.rs takes them. */
#include <modbus/modbus.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_PORTS 4096
#define WARM_UP 0.2

static int is_write, count;
static atomic_int is_over;

struct device {
    modbus_t *bus;
    pthread_t thread;
    /* on a cache line of its own */
    _Alignas(64) atomic_ulong transactions;
};

static double clock_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

static modbus_t *up(int port) {
    modbus_t *bus = modbus_new_tcp("127.0.0.1", port);
    if (!bus) fail("modbus_new_tcp");
    modbus_set_slave(bus, 1);
    modbus_set_response_timeout(bus, 10, 0);
    if (modbus_connect(bus)) fail("modbus_connect");
    return bus;
}

static void ask(modbus_t *bus) {
    uint16_t words[MODBUS_MAX_READ_REGISTERS] = {0};
    int done = is_write ? modbus_write_registers(bus, 0, count, words) : modbus_read_registers(bus, 0, count, words);
    if (done != count) fail("a request");
}

static void *poll_device(void *argument) {
    struct device *device = argument;
    while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
        ask(device->bus);
        atomic_fetch_add_explicit(&device->transactions, 1, memory_order_relaxed);
    }
    return NULL;
}

static void pause_for(double seconds) {
    struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static unsigned long sum(struct device *devices, int ports) {
    unsigned long sum = 0;
    for (int at = 0; at < ports; at++) sum += atomic_load(&devices[at].transactions);
    return sum;
}

static void tell(unsigned long transactions, double seconds, double cpu) {
    printf("{\"transactions\": %lu, \"seconds\": %.6f, \"cpuSeconds\": %.6f}\n", transactions, seconds, cpu);
}

static void sequential(int port, double seconds) {
    modbus_t *bus = up(port);
    double begun = clock_of(CLOCK_MONOTONIC);
    while (clock_of(CLOCK_MONOTONIC) - begun < WARM_UP) ask(bus);
    double cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    unsigned long transactions = 0;
    begun = clock_of(CLOCK_MONOTONIC);
    for (; clock_of(CLOCK_MONOTONIC) - begun < seconds; transactions++) ask(bus);
    tell(transactions, clock_of(CLOCK_MONOTONIC) - begun, clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    modbus_close(bus);
    modbus_free(bus);
}

static void concurrent(const int *ports, int number, double seconds) {
    struct device *devices = aligned_alloc(64, (size_t)number * sizeof *devices);
    if (!devices) fail("memory");
    memset(devices, 0, (size_t)number * sizeof *devices);
    for (int at = 0; at < number; at++) {
        devices[at].bus = up(ports[at]);
        ask(devices[at].bus);
    }
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    for (int at = 0; at < number; at++)
        if (pthread_create(&devices[at].thread, &small, poll_device, &devices[at])) fail("a thread");
    pause_for(WARM_UP);
    double begun = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    unsigned long before = sum(devices, number);
    pause_for(seconds);
    unsigned long transactions = sum(devices, number) - before;
    tell(transactions, clock_of(CLOCK_MONOTONIC) - begun, clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    is_over = 1;
    for (int at = 0; at < number; at++) pthread_join(devices[at].thread, NULL);
}

int main(int argc, char **argv) {
    static int ports[MOST_PORTS];
    int number = 0;
    if (argc != 4) {
        fprintf(stderr, "usage: modbus_client sequential|concurrent readN|writeN SECONDS < PORTS\n");
        return 2;
    }
    is_write = !strncmp(argv[2], "write", 5);
    count = atoi(argv[2] + (is_write ? 5 : 4));
    while (number < MOST_PORTS && scanf("%d", &ports[number]) == 1) number++;
    if (!number || count < 1) return 2;
    if (!strcmp(argv[1], "sequential")) sequential(ports[0], atof(argv[3]));
    else concurrent(ports, number, atof(argv[3]));
    return 0;
}
