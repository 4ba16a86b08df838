/* A libmodbus server, one connection after the other: the neutral device of the sequential measurements. Prints its port; ends with a
 * signal. */
#include <modbus/modbus.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    modbus_t *bus = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *registers = modbus_mapping_new(0, 0, 1000, 0);
    int listener = bus && registers ? modbus_tcp_listen(bus, 1) : -1;
    if (listener < 0 || getsockname(listener, (struct sockaddr *)&address, &size)) {
        perror("modbus_server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        if (modbus_tcp_accept(bus, &listener) < 0) return 1;
        for (;;) {
            int length = modbus_receive(bus, request);
            if (length < 0 || (length > 0 && modbus_reply(bus, request, length, registers) < 0)) break;
        }
        modbus_close(bus);
    }
}
