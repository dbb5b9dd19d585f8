export const tag = {
  title: "Tag",
};
