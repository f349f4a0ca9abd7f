"""What mapper and emulator share: the hardware, the network, the instance, the mapping and its bits."""
