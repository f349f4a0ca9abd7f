"""From biological parameters to analog registers: floating gates, membrane modes, row ranges, weights, STP."""

from mapper.translation.cells import cell_parameters, members
from mapper.translation.grouping import grouped_by_weight
from mapper.translation.neurons import cell_capacitance, write_neurons
from mapper.translation.options import Analog
from mapper.translation.plasticity import write_plasticity
from mapper.translation.report import ParameterReport, TranslationReport, translation_report
from mapper.translation.weights import weight_codes, write_weights

__all__ = [
    "Analog",
    "ParameterReport",
    "TranslationReport",
    "cell_capacitance",
    "cell_parameters",
    "grouped_by_weight",
    "members",
    "translation_report",
    "weight_codes",
    "write_neurons",
    "write_plasticity",
    "write_weights",
]
