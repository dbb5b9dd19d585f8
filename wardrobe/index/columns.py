class Columns:
    def __init__(self, label_space, thresholds):
        self.count = 0

    def append(self, item, probabilities):
        self.count += 1
