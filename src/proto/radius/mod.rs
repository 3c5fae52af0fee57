//! RADIUS: RFC 2865, 2866, 2868, 2869, 3579. Client and server side of the packets; the client machine.
